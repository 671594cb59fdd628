/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A packet as the programs know it, and its bytes. */
#ifndef PACKET_BPF_H
#define PACKET_BPF_H

#include <linux/ip.h>
#include <linux/ipv6.h>

#include "counter.bpf.h"

#define TCP_FLAGS_OFFSET 13
#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10
#define TCP_HEADER_MIN 20
#define UDP_HEADER 8
#define ICMP_HEADER 8
#define PACKET_OFFSET_MAX 0x3fff

/* What a helper returns as a verdict could be anything to the verifier. */
#define VERDICT_MASK 0xff

/* The offset of the IP header: some devices have no Ethernet header before it. */
#define L3_OFFSET (configured(CONFIG_NO_ETHERNET) ? 0 : ETH_HLEN)

enum packet_kind {
	PACKET_WHOLE,
	PACKET_FIRST_FRAGMENT,
	PACKET_LATER_FRAGMENT, /* has no ports of its own, and nothing else of layer 4 */
	PACKET_ICMP_ERROR, /* about a packet of the flow */
};

/* Which side of the device a program runs on: bpf_redirect_peer() works at ingress only. */
enum hook_side { HOOK_INGRESS, HOOK_EGRESS };

/* Where a new flow comes from. */
enum origin { ORIGIN_INSIDE, ORIGIN_OUTSIDE, ORIGIN_OVERLAY };

struct packet {
	struct __sk_buff *skb;
	/* What the hook says of it. */
	__u8 side; /* enum hook_side */
	__u8 origin; /* enum origin */
	/* As it arrives. Of an ICMP error, what the other end of the flow that it is about would
	 * send: the error travels with such packets. */
	struct connection_key key;
	__u64 now; /* CLOCK_MONOTONIC nanoseconds, once packet_tell_time() has been called */
	__u32 length; /* from the IP header on */
	__u32 l4; /* offset of the TCP, UDP or ICMP header */
	__u32 end; /* offset behind the datagram, where a short frame has padding */
	__u32 fragment_id; /* as the header has it */
	__u32 quoted_l4; /* ICMP error: offset of the quoted ports */
	__u8 kind; /* enum packet_kind */
	__u8 tcp_flags; /* 0 for all but whole TCP packets and first fragments */
	__u8 ttl;
	bool may_fragment; /* by routers on its way */
};

/*
 * The context's packet pointers are 32 bits wide in the ABI and full pointers to the verifier.
 * Loading them in assembly keeps the compiler from narrowing them, or from checking one copy and
 * using another.
 */
#define PACKET_POINTER(skb, field)                                                                 \
	({                                                                                         \
		void *pointer_;                                                                    \
		asm volatile("%0 = *(u32 *)(%1 + %2)"                                              \
			     : "=r"(pointer_)                                                      \
			     : "r"(skb), "i"(offsetof(struct __sk_buff, field)));                  \
		pointer_;                                                                          \
	})

/* Direct access to `size` bytes at `offset`, after pulling them out of fragments if need be; NULL
 * beyond the end. */
static __always_inline void *packet_bytes(struct __sk_buff *skb, __u32 offset, __u32 size)
{
	void *start;

	/* Headers end long before; the verifier wants to see it. */
	barrier_var(offset);
	if (offset > PACKET_OFFSET_MAX)
		return NULL;
	start = PACKET_POINTER(skb, data) + offset;
	barrier_var(start);
	if (start + size <= PACKET_POINTER(skb, data_end))
		return start;
	if (offset + size > skb->len || bpf_skb_pull_data(skb, offset + size))
		return NULL;
	start = PACKET_POINTER(skb, data) + offset;
	barrier_var(start);
	return start + size <= PACKET_POINTER(skb, data_end) ? start : NULL;
}

/* Most packets need no clock, which costs as much as a lookup. */
static __always_inline void packet_tell_time(struct packet *p)
{
	p->now = clock_now();
}

/* TCP opens with a SYN alone; any UDP packet may open a flow. */
static __always_inline bool packet_opens(const struct packet *p)
{
	if (p->kind == PACKET_LATER_FRAGMENT || p->kind == PACKET_ICMP_ERROR)
		return false;
	return p->key.proto == IPPROTO_UDP || (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* Why a packet that opens nothing and belongs to nothing is passed on. */
static __always_inline enum reason packet_stray(const struct packet *p)
{
	switch (p->kind) {
	case PACKET_ICMP_ERROR:
		return REASON_ICMP_UNRELATED;
	case PACKET_LATER_FRAGMENT:
		return REASON_FRAGMENT;
	default:
		return REASON_NO_CONNECTION;
	}
}

#endif
