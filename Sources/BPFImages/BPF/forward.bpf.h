/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where a translated packet goes: into a pod, to a neighbour, or back to the host stack. */
#ifndef FORWARD_BPF_H
#define FORWARD_BPF_H

#include "packet.bpf.h"

/* Which side of the device a program runs on: bpf_redirect_peer() works at ingress only. */
enum hook_side { HOOK_INGRESS, HOOK_EGRESS };

/* The way to an address, as a connection entry keeps it. */
struct way {
	struct addr next_hop;
	__u32 ifindex;
	__u8 forward; /* enum forward */
	bool host; /* the destination is this node itself */
};

static __always_inline struct route *route_find(const struct addr *addr)
{
	struct route_key key = { .prefix_length = ADDR_BITS, .addr = *addr };

	return bpf_map_lookup_elem(&routes, &key);
}

/* Asks the kernel's own routing table, so that a way is as fresh as its last refresh. */
static __always_inline void way_by_fib(struct way *way, struct __sk_buff *skb, enum hook_side side,
				       const struct addr *src, const struct addr *dst)
{
	struct bpf_fib_lookup fib = { .family = FAMILY_AF, .ifindex = skb->ifindex };
	long verdict;

#if FAMILY == 4
	fib.ipv4_src = src->word[0];
	fib.ipv4_dst = dst->word[0];
#else
	__builtin_memcpy(fib.ipv6_src, src, sizeof(*src));
	__builtin_memcpy(fib.ipv6_dst, dst, sizeof(*dst));
#endif
	verdict = bpf_fib_lookup(skb, &fib, sizeof(fib), 0);
	if (verdict != BPF_FIB_LKUP_RET_SUCCESS && verdict != BPF_FIB_LKUP_RET_NO_NEIGH)
		return;
	if (fib.family != FAMILY_AF)
		return;
	/*
	 * A kernel that answers NO_NEIGH with the input device has not said where the packet goes.
	 * At egress that device is the usual answer.
	 */
	if (side == HOOK_INGRESS && verdict && fib.ifindex == skb->ifindex)
		return;
#if FAMILY == 4
	way->next_hop.word[0] = fib.ipv4_dst;
#else
	__builtin_memcpy(&way->next_hop, fib.ipv6_dst, sizeof(way->next_hop));
#endif
	way->ifindex = fib.ifindex;
	way->forward = FORWARD_NEIGHBOR;
}

/* A pod behind a veth needs no next hop, as long as the kernel still routes to that veth. */
static __always_inline void way_prefer_peer(struct way *way, const struct route *route)
{
	if (route->flags & ROUTE_PEER && way->forward == FORWARD_NEIGHBOR &&
	    way->ifindex == route->ifindex)
		way->forward = FORWARD_PEER;
}

/*
 * Decides for a packet from `src` to `dst`, both as they will be after translation. At ingress only
 * a workload in `routes` may be reached past the host stack, which would translate the source of
 * traffic that leaves the cluster's pods. At egress the stack is done with the packet, but it has
 * chosen a device for the service's address, not for the backend's.
 */
static __always_inline void way_find(struct way *way, struct __sk_buff *skb, enum hook_side side,
				     const struct addr *src, const struct addr *dst)
{
	struct route *route = route_find(dst);

	__builtin_memset(way, 0, sizeof(*way));
	way->host = route && (route->flags & (ROUTE_LOCAL | ROUTE_WORKLOAD)) == ROUTE_LOCAL;
	if (way->host)
		return;
	if (side == HOOK_EGRESS) {
		way_by_fib(way, skb, side, src, dst);
		return;
	}
	if (!route || !(route->flags & ROUTE_WORKLOAD) || !configured(CONFIG_DIRECT))
		return;
	way_by_fib(way, skb, side, src, dst);
	way_prefer_peer(way, route);
}

/*
 * The way of a pod's packet back into the pod it came from. No policy stands between a pod and
 * itself, and the host stack could not bring the answer back: only the pod's own veth sees it.
 */
static __always_inline void way_find_hairpin(struct way *way, struct __sk_buff *skb,
					     const struct addr *src, const struct addr *dst)
{
	struct route *route = route_find(dst);

	__builtin_memset(way, 0, sizeof(*way));
	/* The answer is the device the packet came from, even where the kernel knows no neighbour.
	 */
	way_by_fib(way, skb, HOOK_EGRESS, src, dst);
	if (route)
		way_prefer_peer(way, route);
}

/*
 * What bpf_redirect_neigh() sends meets the program at the egress of its new device, which has
 * nothing to do with it: the mark in tc_index, a field for classifiers, tells it so.
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

/* The last act of a program on a translated packet. */
static __always_inline int packet_forward(struct packet *p, const struct connection *c)
{
	struct bpf_redir_neigh neighbor = { .nh_family = FAMILY_AF };

	switch (c->forward) {
	case FORWARD_PEER:
		count(REASON_FORWARD_PEER, p->skb->len);
		return bpf_redirect_peer(c->ifindex, 0);
	case FORWARD_NEIGHBOR:
		count(REASON_FORWARD_NEIGHBOR, p->skb->len);
		p->skb->tc_index = TC_INDEX_DONE;
#if FAMILY == 4
		neighbor.ipv4_nh = c->next_hop.word[0];
#else
		__builtin_memcpy(neighbor.ipv6_nh, &c->next_hop, sizeof(c->next_hop));
#endif
		return bpf_redirect_neigh(c->ifindex, &neighbor, sizeof(neighbor), 0);
	default:
		count(REASON_FORWARD_STACK, p->skb->len);
		return TC_ACT_UNSPEC;
	}
}

#endif
