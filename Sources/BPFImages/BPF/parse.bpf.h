/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From bytes to a tuple: what a program may assume about a packet once packet_parse() is true. */
#ifndef PARSE_BPF_H
#define PARSE_BPF_H

#include "ip.bpf.h"

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
	if (!ports || p->quoted_l4 + 2 * sizeof(*ports) > p->end)
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

	packet_tell_time(p);
	if (!first || (p->now > first->seen && p->now - first->seen > FRAGMENT_LIFETIME))
		return false;
	p->key.sport = first->sport;
	p->key.dport = first->dport;
	return true;
}

static __noinline int packet_leave_ports(const struct packet *p)
{
	struct fragment_key key = packet_fragment_key(p);
	struct fragment first = { .seen = clock_now(),
				  .sport = p->key.sport,
				  .dport = p->key.dport };

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
 * program, which took IPv6's twice as long to load. `by` is any number it does not know.
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
static __always_inline int packet_parse(struct packet *p, struct __sk_buff *skb, enum reason *why)
{
	p->skb = skb;
	p->length = skb->len - L3_OFFSET;
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

#endif
