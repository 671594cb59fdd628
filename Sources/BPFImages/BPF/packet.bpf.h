/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From bytes to a tuple: what a program may assume about a packet once packet_parse() is true. */
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
#define IP_FRAGMENT_MASK bpf_htons(0x3fff) /* more fragments, or an offset */

struct packet {
	struct __sk_buff *skb;
	struct connection_key key; /* as it arrives */
	__u64 now; /* CLOCK_MONOTONIC nanoseconds */
	__u32 length; /* from the IP header on */
	__u32 l4; /* offset of the TCP or UDP header */
	__u32 end; /* offset behind the datagram, where a short frame has padding */
	__u8 tcp_flags; /* 0 for UDP */
	__u8 ttl;
};

static __always_inline __u64 clock_now(void)
{
	/* Needs Linux 5.11; drop the other branch when the baseline passes it. */
	if (configured(CONFIG_COARSE_CLOCK))
		return bpf_ktime_get_coarse_ns();
	return bpf_ktime_get_ns();
}

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
	void *start = PACKET_POINTER(skb, data) + offset;

	barrier_var(start);
	if (start + size <= PACKET_POINTER(skb, data_end))
		return start;
	if (offset + size > skb->len || bpf_skb_pull_data(skb, offset + size))
		return NULL;
	start = PACKET_POINTER(skb, data) + offset;
	barrier_var(start);
	return start + size <= PACKET_POINTER(skb, data_end) ? start : NULL;
}

#if FAMILY == 4
static __always_inline bool packet_parse_ip(struct packet *p, enum reason *why)
{
	struct iphdr *ip = packet_bytes(p->skb, ETH_HLEN, sizeof(*ip));
	__u32 header, total;

	*why = REASON_TRUNCATED;
	if (!ip)
		return false;
	header = ip->ihl * 4;
	total = bpf_ntohs(ip->tot_len);
	if (!total) /* BIG TCP: longer than the field can say */
		total = p->length;
	*why = REASON_MALFORMED;
	if (ip->version != 4 || header < sizeof(*ip) || total < header)
		return false;
	*why = REASON_TRUNCATED;
	if (total > p->length)
		return false;
	p->end = ETH_HLEN + total;
	*why = REASON_FRAGMENT;
	if (ip->frag_off & IP_FRAGMENT_MASK)
		return false;
	p->key.src.word[0] = ip->saddr;
	p->key.dst.word[0] = ip->daddr;
	p->key.proto = ip->protocol;
	p->ttl = ip->ttl;
	p->l4 = ETH_HLEN + header;
	return true;
}
#else
static __always_inline bool packet_parse_ip(struct packet *p, enum reason *why)
{
	struct ipv6hdr *ip = packet_bytes(p->skb, ETH_HLEN, sizeof(*ip));
	__u32 total;

	*why = REASON_TRUNCATED;
	if (!ip)
		return false;
	total = sizeof(*ip) + bpf_ntohs(ip->payload_len);
	if (!ip->payload_len) /* BIG TCP: longer than the field can say */
		total = p->length;
	*why = REASON_MALFORMED;
	if (ip->version != 6)
		return false;
	*why = REASON_TRUNCATED;
	if (total > p->length)
		return false;
	p->end = ETH_HLEN + total;
	__builtin_memcpy(&p->key.src, &ip->saddr, sizeof(p->key.src));
	__builtin_memcpy(&p->key.dst, &ip->daddr, sizeof(p->key.dst));
	p->key.proto = ip->nexthdr;
	p->ttl = ip->hop_limit;
	p->l4 = ETH_HLEN + sizeof(*ip);
	switch (ip->nexthdr) {
	case IPPROTO_FRAGMENT:
		*why = REASON_FRAGMENT;
		return false;
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
	case IPPROTO_AH:
	case IPPROTO_MH:
		*why = REASON_EXTENSION_HEADER;
		return false;
	}
	return true;
}
#endif

static __always_inline bool packet_parse_ports(struct packet *p, enum reason *why)
{
	bool tcp = p->key.proto == IPPROTO_TCP;
	__u8 *l4;

	*why = REASON_NOT_TCP_UDP;
	if (!tcp && p->key.proto != IPPROTO_UDP)
		return false;
	*why = REASON_TRUNCATED;
	if (p->l4 + (tcp ? TCP_HEADER_MIN : UDP_HEADER) > p->end)
		return false;
	l4 = packet_bytes(p->skb, p->l4, UDP_HEADER);
	if (!l4)
		return false;
	p->key.sport = *(__be16 *)l4;
	p->key.dport = *(__be16 *)(l4 + 2);
	if (!tcp)
		return true;
	l4 = packet_bytes(p->skb, p->l4, TCP_HEADER_MIN);
	if (!l4)
		return false;
	p->tcp_flags = l4[TCP_FLAGS_OFFSET];
	return true;
}

/* False when the packet cannot belong to a service flow of this family; `why` is then the exit to
 * take. */
static __always_inline bool packet_parse(struct packet *p, struct __sk_buff *skb, enum reason *why)
{
	p->skb = skb;
	p->length = skb->len - ETH_HLEN;
	/* The tag is beside the packet: redirected, it would leave on a device that knows nothing
	 * of it. */
	*why = REASON_VLAN;
	if (skb->vlan_present)
		return false;
	if (!packet_parse_ip(p, why) || !packet_parse_ports(p, why))
		return false;
	p->now = clock_now();
	return true;
}

/* Both families' programs see every packet of a hook; only one of them may count what belongs to
 * neither. */
static __always_inline int pass_other_ethertype(struct __sk_buff *skb)
{
	if (FAMILY == 4 && skb->protocol != OTHER_ETHERTYPE)
		return pass(skb, REASON_NOT_IP);
	return TC_ACT_UNSPEC;
}

/* TCP opens with a SYN alone; any UDP packet may open a flow. */
static __always_inline bool packet_opens(const struct packet *p)
{
	return p->key.proto == IPPROTO_UDP || (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

#endif
