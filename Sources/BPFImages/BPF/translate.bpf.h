/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rewrites addresses, ports and checksums. */
#ifndef TRANSLATE_BPF_H
#define TRANSLATE_BPF_H

#include "packet.bpf.h"

#define TCP_CHECKSUM_OFFSET 16
#define UDP_CHECKSUM_OFFSET 6

/* Keeps the transport checksum right for new addresses (part of the pseudo header) and ports (part
 * of the data). */
static __always_inline bool translate_checksum(struct packet *p, const struct connection *c)
{
	bool tcp = p->key.proto == IPPROTO_TCP;
	__u32 offset = p->l4 + (tcp ? TCP_CHECKSUM_OFFSET : UDP_CHECKSUM_OFFSET);
	__u64 flags = tcp ? 0 : BPF_F_MARK_MANGLED_0;
	__u64 addresses = addr_sum_diff(&p->key.src, &c->src) + addr_sum_diff(&p->key.dst, &c->dst);
	__u32 ports = (__u32)(__u16)~p->key.sport + c->sport + (__u16)~p->key.dport + c->dport;

	if (bpf_l4_csum_replace(p->skb, offset, 0, sum_fold32(addresses), flags | BPF_F_PSEUDO_HDR))
		return false;
	if (p->key.sport == c->sport && p->key.dport == c->dport)
		return true;
	return !bpf_l4_csum_replace(p->skb, offset, 0, ports, flags);
}

static __always_inline bool translate_ports(struct packet *p, const struct connection *c)
{
	__be16 ports[2] = { c->sport, c->dport };

	if (p->key.sport == c->sport && p->key.dport == c->dport)
		return true;
	return !bpf_skb_store_bytes(p->skb, p->l4, ports, sizeof(ports), 0);
}

#if FAMILY == 4
/* TTL to destination address: contiguous in the header, so one store writes them all. */
struct ip_rewrite {
	__u8 ttl;
	__u8 proto;
	__u16 check;
	struct addr src;
	struct addr dst;
};

static __always_inline bool translate_addresses(struct packet *p, const struct connection *c,
						bool hop)
{
	__u32 offset = ETH_HLEN + offsetof(struct iphdr, ttl);
	struct ip_rewrite *old = packet_bytes(p->skb, offset, sizeof(*old));
	struct ip_rewrite new = {
		.ttl = p->ttl - hop, .proto = p->key.proto, .src = c->src, .dst = c->dst
	};
	__u64 sum;

	if (!old)
		return false;
	sum = (__u16)~old->check + addr_sum_diff(&p->key.src, &c->src) +
	      addr_sum_diff(&p->key.dst, &c->dst);
	if (hop) /* the TTL is the first byte of its 16-bit word */
		sum += (__u16)~bpf_htons(p->ttl << 8) + (__u64)bpf_htons((p->ttl - 1) << 8);
	new.check = ~sum_fold16(sum);
	return !bpf_skb_store_bytes(p->skb, offset, &new, sizeof(new), 0);
}
#else
/* Hop limit to destination address. */
struct ip_rewrite {
	__u8 pad[3];
	__u8 ttl;
	struct addr src;
	struct addr dst;
};

static __always_inline bool translate_addresses(struct packet *p, const struct connection *c,
						bool hop)
{
	struct ip_rewrite new = { .ttl = p->ttl - hop, .src = c->src, .dst = c->dst };

	/*
	 * A checksum over the whole packet (CHECKSUM_COMPLETE): no header checksum balances what is
	 * written here, and bpf_l4_csum_replace() has taken the addresses' difference off it.
	 */
	return !bpf_skb_store_bytes(p->skb, ETH_HLEN + offsetof(struct ipv6hdr, hop_limit),
				    &new.ttl, sizeof(new) - offsetof(struct ip_rewrite, ttl),
				    BPF_F_RECOMPUTE_CSUM);
}
#endif

/* `hop`: the packet will not meet the host stack, which would count its TTL down. */
static __always_inline bool packet_translate(struct packet *p, const struct connection *c, bool hop)
{
	return translate_checksum(p, c) && translate_ports(p, c) && translate_addresses(p, c, hop);
}

#endif
