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
#define ICMP_HEADER 8
#define PACKET_OFFSET_MAX 0x3fff

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
	__u64 now; /* CLOCK_MONOTONIC nanoseconds */
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

#if FAMILY == 4
#define IP_DF bpf_htons(0x4000)
#define IP_MF bpf_htons(0x2000)
#define IP_OFFSET bpf_htons(0x1fff)
#define PROTO_ICMP IPPROTO_ICMP

static __always_inline bool packet_parse_ip(struct packet *p, enum reason *why)
{
	struct iphdr *ip = packet_bytes(p->skb, L3_OFFSET, sizeof(*ip));
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
	p->end = L3_OFFSET + total;
	p->key.src.word[0] = ip->saddr;
	p->key.dst.word[0] = ip->daddr;
	p->key.proto = ip->protocol;
	p->ttl = ip->ttl;
	p->l4 = L3_OFFSET + header;
	p->may_fragment = !(ip->frag_off & IP_DF);
	p->fragment_id = ip->id;
	if (ip->frag_off & IP_OFFSET)
		p->kind = PACKET_LATER_FRAGMENT;
	else if (ip->frag_off & IP_MF)
		p->kind = PACKET_FIRST_FRAGMENT;
	return true;
}

static __always_inline bool icmp_is_error(__u8 type)
{
	/* Unreachable, source quench, time exceeded, parameter problem. */
	return type == 3 || type == 4 || type == 11 || type == 12;
}

/* The flow that an ICMP error quotes, seen from its other end. */
static __always_inline bool packet_parse_quoted(struct packet *p)
{
	__u32 offset = p->l4 + ICMP_HEADER;
	struct iphdr *ip = packet_bytes(p->skb, offset, sizeof(*ip));

	if (!ip || ip->version != 4 || ip->ihl < 5 || ip->frag_off & IP_OFFSET)
		return false;
	p->key.src.word[0] = ip->daddr;
	p->key.dst.word[0] = ip->saddr;
	p->key.proto = ip->protocol;
	p->quoted_l4 = offset + ip->ihl * 4;
	return true;
}
#else
#define PROTO_ICMP IPPROTO_ICMPV6
#define EXTENSIONS_MAX 6 /* more than any sender has use for */

struct extension_header {
	__u8 next;
	__u8 length; /* in 8 bytes, beyond the first 8 */
	__u8 type;
	__u8 segments_left;
};

struct fragment_header {
	__u8 next;
	__u8 reserved;
	__be16 offset; /* the lowest bit: more fragments */
	__be32 id;
};

/*
 * Steps over one extension header. False when there is none, or none that a program may step over:
 * `p->key.proto` is then what it is.
 */
static __noinline int packet_skip_extension(struct packet *p)
{
	struct extension_header *header;
	struct fragment_header *fragment;

	switch (p->key.proto) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		/* Later fragments could not be told from here on. */
		if (p->kind == PACKET_FIRST_FRAGMENT)
			return false;
		header = packet_bytes(p->skb, p->l4, sizeof(*header));
		/* The destination is not the last one yet: the checksum is made with another. */
		if (!header || (p->key.proto == IPPROTO_ROUTING && header->segments_left))
			return false;
		p->key.proto = header->next;
		p->l4 += (header->length + 1) * 8;
		return true;
	case IPPROTO_FRAGMENT:
		fragment = packet_bytes(p->skb, p->l4, sizeof(*fragment));
		if (!fragment)
			return false;
		p->key.proto = fragment->next;
		p->fragment_id = fragment->id;
		p->l4 += sizeof(*fragment);
		if (fragment->offset & bpf_htons(0xfff8))
			p->kind = PACKET_LATER_FRAGMENT;
		else if (fragment->offset & bpf_htons(1))
			p->kind = PACKET_FIRST_FRAGMENT;
		return p->kind != PACKET_LATER_FRAGMENT;
	default:
		return false;
	}
}

static __always_inline bool packet_parse_ip(struct packet *p, enum reason *why)
{
	struct ipv6hdr *ip = packet_bytes(p->skb, L3_OFFSET, sizeof(*ip));
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
	p->end = L3_OFFSET + total;
	__builtin_memcpy(&p->key.src, &ip->saddr, sizeof(p->key.src));
	__builtin_memcpy(&p->key.dst, &ip->daddr, sizeof(p->key.dst));
	p->key.proto = ip->nexthdr;
	p->ttl = ip->hop_limit;
	p->l4 = L3_OFFSET + sizeof(*ip);
	/* Kernels before 6.3 refuse some shapes that compilers give loops. */
#pragma unroll
	for (int i = 0; i < EXTENSIONS_MAX; i++)
		if (!packet_skip_extension(p))
			break;
	switch (p->key.proto) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
	case IPPROTO_FRAGMENT:
	case IPPROTO_AH:
	case IPPROTO_MH:
		*why = REASON_EXTENSION_HEADER;
		return false;
	}
	return true;
}

static __always_inline bool icmp_is_error(__u8 type)
{
	/* Unreachable, too big, time exceeded, parameter problem. */
	return type >= 1 && type <= 4;
}

/* The flow that an ICMP error quotes, seen from its other end. */
static __always_inline bool packet_parse_quoted(struct packet *p)
{
	__u32 offset = p->l4 + ICMP_HEADER;
	struct ipv6hdr *ip = packet_bytes(p->skb, offset, sizeof(*ip));

	if (!ip || ip->version != 6)
		return false;
	__builtin_memcpy(&p->key.src, &ip->daddr, sizeof(p->key.src));
	__builtin_memcpy(&p->key.dst, &ip->saddr, sizeof(p->key.dst));
	p->key.proto = ip->nexthdr;
	p->quoted_l4 = offset + sizeof(*ip);
	return true;
}
#endif

/* Of an ICMP error, too, the address that the packet itself bears. */
static __always_inline bool packet_source(struct __sk_buff *skb, struct addr *src)
{
	__u32 offset =
		FAMILY == 4 ? offsetof(struct iphdr, saddr) : offsetof(struct ipv6hdr, saddr);

	return !bpf_skb_load_bytes(skb, L3_OFFSET + offset, src, sizeof(*src));
}

/* Makes the packet one of the flow that it reports an error about. */
static __always_inline bool packet_parse_icmp(struct packet *p, enum reason *why)
{
	__u8 *type = packet_bytes(p->skb, p->l4, ICMP_HEADER);
	__be16 *ports;

	*why = REASON_NOT_TCP_UDP;
	if (p->kind != PACKET_WHOLE || !type || !icmp_is_error(*type))
		return false;
	*why = REASON_ICMP_UNRELATED;
	if (!packet_parse_quoted(p) || (p->key.proto != IPPROTO_TCP && p->key.proto != IPPROTO_UDP))
		return false;
	ports = packet_bytes(p->skb, p->quoted_l4, 2 * sizeof(*ports));
	if (!ports)
		return false;
	p->key.sport = ports[1];
	p->key.dport = ports[0];
	p->kind = PACKET_ICMP_ERROR;
	return true;
}

#define FRAGMENT_LIFETIME (30 * SECOND) /* Linux: net.ipv4.ipfrag_time */

static __always_inline struct fragment_key packet_fragment_key(const struct packet *p)
{
	return (struct fragment_key){
		.src = p->key.src, .dst = p->key.dst, .id = p->fragment_id, .proto = p->key.proto
	};
}

/* The ports that the first fragment has left. */
static __noinline int packet_recall_ports(struct packet *p)
{
	struct fragment_key key = packet_fragment_key(p);
	struct fragment *first = bpf_map_lookup_elem(&fragments, &key);

	if (!first || (p->now > first->seen && p->now - first->seen > FRAGMENT_LIFETIME))
		return false;
	p->key.sport = first->sport;
	p->key.dport = first->dport;
	return true;
}

static __noinline int packet_leave_ports(const struct packet *p)
{
	struct fragment_key key = packet_fragment_key(p);
	struct fragment first = { .seen = p->now, .sport = p->key.sport, .dport = p->key.dport };

	return bpf_map_update_elem(&fragments, &key, &first, BPF_ANY);
}

static __always_inline bool packet_parse_ports(struct packet *p, enum reason *why)
{
	bool tcp = p->key.proto == IPPROTO_TCP;
	__u8 *l4;

	if (p->key.proto == PROTO_ICMP)
		return packet_parse_icmp(p, why);
	*why = REASON_NOT_TCP_UDP;
	if (!tcp && p->key.proto != IPPROTO_UDP)
		return false;
	*why = REASON_FRAGMENT;
	if (p->kind == PACKET_LATER_FRAGMENT)
		return packet_recall_ports(p);
	*why = REASON_TRUNCATED;
	if (p->l4 + (tcp ? TCP_HEADER_MIN : UDP_HEADER) > p->end)
		return false;
	l4 = packet_bytes(p->skb, p->l4, UDP_HEADER);
	if (!l4)
		return false;
	p->key.sport = *(__be16 *)l4;
	p->key.dport = *(__be16 *)(l4 + 2);
	if (p->kind == PACKET_FIRST_FRAGMENT)
		packet_leave_ports(p);
	if (!tcp)
		return true;
	l4 = packet_bytes(p->skb, p->l4, TCP_HEADER_MIN);
	if (!l4)
		return false;
	p->tcp_flags = l4[TCP_FLAGS_OFFSET];
	return true;
}

/*
 * Hides from the verifier how a value came about. It would follow the packets of each protocol,
 * each number of extension headers and each kind of fragment apart through all the rest of the
 * program, and take several times as long. `by` is any number it does not know.
 */
#define FORGET(value, by)                                                                          \
	({                                                                                         \
		__u64 value_ = (value);                                                            \
		asm volatile("%0 += %1\n%0 -= %1" : "+r"(value_) : "r"((__u64)(by)));              \
		(value) = value_;                                                                  \
	})

static __always_inline void packet_forget(struct packet *p)
{
	__u32 unknown = p->skb->len;

	FORGET(p->key.proto, unknown);
	FORGET(p->l4, unknown);
	FORGET(p->end, unknown);
	FORGET(p->quoted_l4, unknown);
	FORGET(p->fragment_id, unknown);
	FORGET(p->kind, unknown);
	FORGET(p->tcp_flags, unknown);
	FORGET(p->may_fragment, unknown);
}

/* False when the packet cannot belong to a service flow of this family; `why` is then the exit to
 * take. */
static __noinline int packet_parse(struct packet *p, struct __sk_buff *skb, enum reason *why)
{
	p->skb = skb;
	p->length = skb->len - L3_OFFSET;
	p->now = clock_now();
	/* The tag is beside the packet: redirected, it would leave on a device that knows nothing
	 * of it. The VLAN's own device serves it. */
	*why = REASON_VLAN;
	if (skb->vlan_present)
		return false;
	if (!packet_parse_ip(p, why) || !packet_parse_ports(p, why))
		return false;
	packet_forget(p);
	return true;
}

/* Both families' programs see every packet of a hook; only one of them may count what belongs to
 * neither. */
static __always_inline int pass_other_ethertype(struct __sk_buff *skb)
{
	bool vlan =
		skb->protocol == bpf_htons(ETH_P_8021Q) || skb->protocol == bpf_htons(ETH_P_8021AD);

	if (FAMILY == 4 && skb->protocol != OTHER_ETHERTYPE)
		return pass(skb, vlan ? REASON_VLAN : REASON_NOT_IP);
	return TC_ACT_UNSPEC;
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
