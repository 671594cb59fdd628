/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The VXLAN device between the nodes. */
#ifndef OVERLAY_BPF_H
#define OVERLAY_BPF_H

#include "parse.bpf.h"

/* What every kernel since the baseline knows of the struct. */
#define TUNNEL_KEY_SIZE offsetof(struct bpf_tunnel_key, local_ipv6[0])
#define TUNNEL_KEY_FLAGS (FAMILY == 4 ? 0 : BPF_F_TUNINFO_IPV6)
#define TUNNEL_TTL 64

/*
 * What a program of ours sends past the host stack meets the program at the egress of its new
 * device, which has nothing to do with it: the mark in tc_index, a field for classifiers, tells it
 * so.
 */
#define TC_INDEX_DONE 0xEBF1

/* Whether one of our programs has already dealt with the packet; takes the mark off. */
static __always_inline bool packet_is_done(struct __sk_buff *skb)
{
	if (skb->tc_index != TC_INDEX_DONE)
		return false;
	skb->tc_index = 0;
	return true;
}

static __always_inline __u32 overlay_mtu(void)
{
	return FAMILY == 4 ? config.overlay_mtu_v4 : config.overlay_mtu_v6;
}

/* Whether the packet has to be answered with the size that fits. Segmented ones are cut later, and
 * what may be fragmented is: the outer packet. An error is never answered with one. */
static __always_inline bool overlay_too_big(const struct packet *p)
{
	return p->length > overlay_mtu() && !p->skb->gso_size && !p->may_fragment &&
	       p->kind != PACKET_ICMP_ERROR;
}

/* A packet of the overlay itself on its way in: nothing in it is for us until it is unpacked. */
static __always_inline bool overlay_carries(const struct packet *p)
{
	return config.overlay_ifindex && p->key.proto == IPPROTO_UDP &&
	       p->key.dport == config.overlay_port && p->kind != PACKET_ICMP_ERROR;
}

/* The address of the node that sent the packet through our network. */
static __noinline int overlay_sender(struct __sk_buff *skb, struct addr *node)
{
	struct bpf_tunnel_key key = {};

	if (bpf_skb_get_tunnel_key(skb, &key, TUNNEL_KEY_SIZE, TUNNEL_KEY_FLAGS) ||
	    key.tunnel_id != OVERLAY_VNI)
		return false;
#if FAMILY == 4
	node->word[0] = bpf_htonl(key.remote_ipv4);
#else
	__builtin_memcpy(node, key.remote_ipv6, sizeof(*node));
#endif
	return true;
}

/* The overlay carries Ethernet frames; the addresses in them mean nothing to it. */
static __always_inline bool overlay_frame(struct __sk_buff *skb)
{
	struct ethhdr header;

	if (!configured(CONFIG_NO_ETHERNET))
		return true;
	__builtin_memset(&header, 0, sizeof(header));
	header.h_proto = FAMILY_ETHERTYPE;
	return !bpf_skb_change_head(skb, sizeof(header), 0) &&
	       !bpf_skb_store_bytes(skb, 0, &header, sizeof(header), 0);
}

/* The last act of a program on a packet for another node. */
static __noinline int overlay_send(struct packet *p, const struct addr *node)
{
	struct bpf_tunnel_key key = { .tunnel_id = OVERLAY_VNI, .tunnel_ttl = TUNNEL_TTL };
	__u64 flags = TUNNEL_KEY_FLAGS;

#if FAMILY == 4
	key.remote_ipv4 = bpf_ntohl(node->word[0]);
	flags |= BPF_F_ZERO_CSUM_TX;
#else
	__builtin_memcpy(key.remote_ipv6, node, sizeof(*node));
#endif
	if (!overlay_frame(p->skb) || bpf_skb_set_tunnel_key(p->skb, &key, TUNNEL_KEY_SIZE, flags))
		return drop(p->skb, REASON_WRITE_FAILED);
	count_packet(p->skb, REASON_FORWARD_TUNNEL);
	p->skb->tc_index = TC_INDEX_DONE;
	return bpf_redirect(config.overlay_ifindex, 0);
}

#endif
