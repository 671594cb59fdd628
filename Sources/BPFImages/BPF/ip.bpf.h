/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The headers of layer 3, the packet's own and those that an ICMP error quotes; each family's. */
#ifndef IP_BPF_H
#define IP_BPF_H

#include "packet.bpf.h"

#if FAMILY == 4
#define IP_DF bpf_htons(0x4000)
#define IP_MF bpf_htons(0x2000)
#define IP_OFFSET bpf_htons(0x1fff)
#define PROTO_ICMP IPPROTO_ICMP
#define IP_HEADER sizeof(struct iphdr) /* without options */

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
	/* It goes to whom it is about. */
	if (ip->saddr != p->key.dst.word[0])
		return false;
	p->key.src.word[0] = ip->daddr;
	p->key.dst.word[0] = ip->saddr;
	p->key.proto = ip->protocol;
	p->quoted_l4 = offset + ip->ihl * 4;
	return true;
}
#else
#define PROTO_ICMP IPPROTO_ICMPV6
#define IP_HEADER sizeof(struct ipv6hdr)
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
	if (p->key.proto == IPPROTO_TCP || p->key.proto == IPPROTO_UDP)
		return true;
		/* Linux 6.1 refuses some shapes that compilers give loops. */
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
	/* What stands in a frame's padding is no header. */
	return p->l4 <= p->end;
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
	/* It goes to whom it is about. */
	if (!addr_equal((struct addr *)&ip->saddr, &p->key.dst))
		return false;
	__builtin_memcpy(&p->key.src, &ip->daddr, sizeof(p->key.src));
	__builtin_memcpy(&p->key.dst, &ip->saddr, sizeof(p->key.dst));
	p->key.proto = ip->nexthdr;
	p->quoted_l4 = offset + sizeof(*ip);
	return true;
}
#endif

#endif
