/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rewrites addresses, ports and checksums. */
#ifndef TRANSLATE_BPF_H
#define TRANSLATE_BPF_H

#include "forward.bpf.h"

#define TCP_CHECKSUM_OFFSET 16
#define UDP_CHECKSUM_OFFSET 6

/* Keeps the transport checksum right for new addresses (part of the pseudo header) and ports (part
 * of the data). */
static __always_inline bool translate_checksum(struct packet *p, const struct translation *t)
{
	bool tcp = p->key.proto == IPPROTO_TCP;
	__u32 offset = p->l4 + (tcp ? TCP_CHECKSUM_OFFSET : UDP_CHECKSUM_OFFSET);
	__u64 flags = tcp ? 0 : BPF_F_MARK_MANGLED_0;
	__u64 addresses =
		addr_sum_diff(&p->key.src, &t->ip.src) + addr_sum_diff(&p->key.dst, &t->ip.dst);
	__u32 ports =
		(__u32)(__u16)~p->key.sport + t->ip.sport + (__u16)~p->key.dport + t->ip.dport;

	if (bpf_l4_csum_replace(p->skb, offset, 0, sum_fold32(addresses), flags | BPF_F_PSEUDO_HDR))
		return false;
	if (p->key.sport == t->ip.sport && p->key.dport == t->ip.dport)
		return true;
	return !bpf_l4_csum_replace(p->skb, offset, 0, ports, flags);
}

static __always_inline bool translate_ports(struct packet *p, const struct translation *t)
{
	__be16 ports[2] = { t->ip.sport, t->ip.dport };

	if (p->key.sport == t->ip.sport && p->key.dport == t->ip.dport)
		return true;
	return !bpf_skb_store_bytes(p->skb, p->l4, ports, sizeof(ports), 0);
}

/* `ports`: they follow the addresses, and are written with them. */
#if FAMILY == 4
static __always_inline bool translate_header(struct packet *p, struct translation *t, bool hop,
					     bool ports)
{
	__u32 offset = L3_OFFSET + offsetof(struct iphdr, ttl);
	struct ip_rewrite *old = packet_bytes(p->skb, offset, IP_REWRITE_SIZE);
	__u64 sum;

	if (!old)
		return false;
	sum = (__u16)~old->check + addr_sum_diff(&old->src, &t->ip.src) +
	      addr_sum_diff(&old->dst, &t->ip.dst);
	if (hop) /* the TTL is the first byte of its 16-bit word */
		sum += (__u16)~bpf_htons(p->ttl << 8) + (__u64)bpf_htons((p->ttl - 1) << 8);
	t->ip.ttl = p->ttl - hop;
	t->ip.proto = old->proto;
	t->ip.check = ~sum_fold16(sum);
	return !bpf_skb_store_bytes(p->skb, offset, &t->ip,
				    ports ? IP_REWRITE_PORTS : IP_REWRITE_SIZE, 0);
}
#else
/*
 * A checksum over the whole packet (CHECKSUM_COMPLETE) wants the addresses' difference: no header
 * checksum balances it, and bpf_l4_csum_replace() has taken it off. That of the ports is balanced
 * by the transport checksum.
 */
static __always_inline bool translate_header(struct packet *p, struct translation *t, bool hop,
					     bool ports)
{
	__u32 offset = L3_OFFSET + offsetof(struct ipv6hdr, hop_limit);
	__u64 diff;

	t->ip.ttl = p->ttl - hop;
	if (!ports)
		return !bpf_skb_store_bytes(p->skb, offset, &t->ip.ttl, IP_REWRITE_SIZE,
					    BPF_F_RECOMPUTE_CSUM);
	if (bpf_skb_store_bytes(p->skb, offset, &t->ip.ttl, IP_REWRITE_PORTS, 0))
		return false;
	diff = addr_sum_diff(&p->key.src, &t->ip.src) + addr_sum_diff(&p->key.dst, &t->ip.dst);
	/* The hop limit is the second byte of its 16-bit word. */
	diff += (__u16)~bpf_htons(p->ttl) + (__u64)bpf_htons(t->ip.ttl);
	/* Fails where there is no such checksum. */
	bpf_csum_update(p->skb, sum_fold32(diff));
	return true;
}
#endif

/*
 * An ICMP error about a packet that was sent to the other end: the packet that it quotes is made
 * what that end sent, and the addresses outside follow those of the flow. A router on the way keeps
 * its own.
 */
static __always_inline __u32 translate_quoted_ports(struct packet *p, const struct translation *t)
{
	return (__u32)(__u16)~p->key.sport + t->ip.sport + (__u16)~p->key.dport + t->ip.dport;
}

#define ICMP_CHECKSUM_OFFSET 2

#if FAMILY == 4
static __always_inline bool translate_quoted_header(struct packet *p, const struct translation *t)
{
	__u32 offset = p->l4 + ICMP_HEADER + offsetof(struct iphdr, ttl);
	struct ip_rewrite *old = packet_bytes(p->skb, offset, IP_REWRITE_SIZE);
	struct ip_rewrite new = { .src = t->ip.dst, .dst = t->ip.src };
	__u64 sum;

	if (!old)
		return false;
	new.ttl = old->ttl;
	new.proto = old->proto;
	/* The header's checksum takes up the difference, so that ICMP's own stays right. */
	sum = (__u16)~old->check + addr_sum_diff(&p->key.dst, &new.src) +
	      addr_sum_diff(&p->key.src, &new.dst);
	new.check = ~sum_fold16(sum);
	return !bpf_skb_store_bytes(p->skb, offset, &new, IP_REWRITE_SIZE, 0);
}

static __always_inline bool translate_icmp_checksum(struct packet *p, const struct translation *t)
{
	return !bpf_l4_csum_replace(p->skb, p->l4 + ICMP_CHECKSUM_OFFSET, 0,
				    translate_quoted_ports(p, t), 0);
}

/* The checksum has no pseudo header. */
static __always_inline bool translate_icmp_pseudo(struct packet *p, const struct translation *t,
						  const struct addr *src)
{
	(void)p, (void)t, (void)src;
	return true;
}
#else
static __always_inline bool translate_quoted_header(struct packet *p, const struct translation *t)
{
	__u32 offset = p->l4 + ICMP_HEADER;

	return !bpf_skb_store_bytes(p->skb, offset + offsetof(struct ipv6hdr, saddr), &t->ip.dst,
				    sizeof(t->ip.dst), 0) &&
	       !bpf_skb_store_bytes(p->skb, offset + offsetof(struct ipv6hdr, daddr), &t->ip.src,
				    sizeof(t->ip.src), 0);
}

static __always_inline bool translate_icmp_checksum(struct packet *p, const struct translation *t)
{
	__u64 diff = addr_sum_diff(&p->key.dst, &t->ip.dst) +
		     addr_sum_diff(&p->key.src, &t->ip.src) + translate_quoted_ports(p, t);

	return !bpf_l4_csum_replace(p->skb, p->l4 + ICMP_CHECKSUM_OFFSET, 0, sum_fold32(diff), 0);
}

/* The addresses outside, which become `src` and the translation's destination. */
static __always_inline bool translate_icmp_pseudo(struct packet *p, const struct translation *t,
						  const struct addr *src)
{
	struct ipv6hdr *old = packet_bytes(p->skb, L3_OFFSET, sizeof(*old));
	__u64 diff;

	if (!old)
		return false;
	diff = addr_sum_diff((struct addr *)&old->saddr, src) +
	       addr_sum_diff((struct addr *)&old->daddr, &t->ip.dst);
	return !bpf_l4_csum_replace(p->skb, p->l4 + ICMP_CHECKSUM_OFFSET, 0, sum_fold32(diff),
				    BPF_F_PSEUDO_HDR);
}
#endif

static __noinline int translate_icmp(struct packet *p, struct translation *t, bool hop)
{
	__be16 ports[2] = { t->ip.dport, t->ip.sport };
	struct addr src;

	if (!packet_source(p->skb, &src))
		return false;
	if (addr_equal(&src, &p->key.src))
		src = t->ip.src;
	count_packet(p->skb, REASON_ICMP_TRANSLATED);
	if (!translate_icmp_pseudo(p, t, &src) || !translate_icmp_checksum(p, t) ||
	    !translate_quoted_header(p, t) ||
	    bpf_skb_store_bytes(p->skb, p->quoted_l4, ports, sizeof(ports), 0))
		return false;
	t->ip.src = src;
	return translate_header(p, t, hop, false);
}

/* Whether the entry leaves the packet as it is, as the first of two nodes does. */
static __always_inline bool translate_changes(const struct packet *p, const struct translation *t)
{
	return !addr_equal(&p->key.src, &t->ip.src) || !addr_equal(&p->key.dst, &t->ip.dst) ||
	       p->key.sport != t->ip.sport || p->key.dport != t->ip.dport;
}

/* `hop`: the packet will not meet the host stack, which would count its TTL down. */
static __always_inline bool packet_translate(struct packet *p, struct translation *t, bool hop)
{
	bool changes = translate_changes(p, t);
	bool has_ports = p->kind != PACKET_LATER_FRAGMENT;
	bool adjacent = has_ports && p->l4 == L3_OFFSET + IP_HEADER;

	if (p->kind == PACKET_ICMP_ERROR)
		return translate_icmp(p, t, hop);
	if (!changes)
		return !hop || translate_header(p, t, hop, adjacent);
	if (has_ports && !translate_checksum(p, t))
		return false;
	if (has_ports && !adjacent && !translate_ports(p, t))
		return false;
	return translate_header(p, t, hop, adjacent);
}

#endif
