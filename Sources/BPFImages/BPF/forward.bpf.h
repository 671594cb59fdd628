/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where a translated packet goes: into a pod, to a neighbour, to another node, or back to the host
 * stack. */
#ifndef FORWARD_BPF_H
#define FORWARD_BPF_H

#include "overlay.bpf.h"
#include "route.bpf.h"

/* The way to an address, as a connection entry keeps it. */
struct way {
	struct addr next_hop;
	__u32 ifindex;
	__u8 forward; /* enum forward */
	bool host; /* the destination is this node itself */
	bool local; /* the destination is on this node */
};

/* Asks the kernel's own routing table, so that a way is as fresh as its last refresh. */
static __noinline int way_by_fib(struct way *way, struct __sk_buff *skb, enum hook_side side,
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
		return 0;
	if (fib.family != FAMILY_AF)
		return 0;
	/*
	 * A kernel that answers NO_NEIGH with the input device has not said where the packet goes.
	 * At egress that device is the usual answer.
	 */
	if (side == HOOK_INGRESS && verdict && fib.ifindex == skb->ifindex)
		return 0;
#if FAMILY == 4
	way->next_hop.word[0] = fib.ipv4_dst;
#else
	__builtin_memcpy(&way->next_hop, fib.ipv6_dst, sizeof(way->next_hop));
#endif
	way->ifindex = fib.ifindex;
	way->forward = FORWARD_NEIGHBOR;
	return 0;
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
	way->host = route_is_this_node(route);
	way->local = route && route->flags & ROUTE_LOCAL;
	if (way->host)
		return;
	if (side == HOOK_EGRESS) {
		way_by_fib(way, skb, side, src, dst);
		return;
	}
	/* What has no Ethernet header yet goes through the host stack, which makes one. */
	if (!route_is_direct(route) || !configured(CONFIG_DIRECT) || configured(CONFIG_NO_ETHERNET))
		return;
	/* The kernel need not be asked for the way back into the pod that the packet came from. */
	if (route->flags & ROUTE_PEER && route->ifindex == skb->ifindex) {
		way->ifindex = route->ifindex;
		way->forward = FORWARD_PEER;
		return;
	}
	way_by_fib(way, skb, side, src, dst);
	way_prefer_peer(way, route);
}

/*
 * The way to a client outside. Its request has been let in past the host stack, so the answer needs
 * no entry in `routes`. The client's device is often the one the packet is on.
 */
static __always_inline void way_find_outside(struct way *way, struct __sk_buff *skb,
					     const struct addr *src, const struct addr *dst)
{
	__builtin_memset(way, 0, sizeof(*way));
	way_by_fib(way, skb, HOOK_EGRESS, src, dst);
}

/* What is written anew of a packet's headers, in one piece where the ports follow the addresses. */
struct ip_rewrite {
#if FAMILY == 4
	__u8 ttl;
	__u8 proto;
	__u16 check;
#else
	__u8 pad[3]; /* not written */
	__u8 ttl;
#endif
	struct addr src;
	struct addr dst;
	__be16 sport;
	__be16 dport;
};

#define IP_REWRITE_START (FAMILY == 4 ? 0 : offsetof(struct ip_rewrite, ttl))
#define IP_REWRITE_SIZE (offsetof(struct ip_rewrite, sport) - IP_REWRITE_START)
#define IP_REWRITE_PORTS (sizeof(struct ip_rewrite) - IP_REWRITE_START)

/* What becomes of one packet: the part of a connection entry that outlives the entry. */
struct translation {
	struct ip_rewrite ip;
	struct addr next_hop;
	__u32 ifindex;
	__u16 flags; /* enum connection_flag */
	__u8 forward; /* enum forward */
};

/* The entry may be given to another flow at any moment: one copy, one translation. */
static __always_inline void translation_copy(struct translation *t, const struct connection *c)
{
	t->ip.src = c->src;
	t->ip.dst = c->dst;
	t->next_hop = c->next_hop;
	t->ip.sport = c->sport;
	t->ip.dport = c->dport;
	t->ifindex = c->ifindex;
	t->flags = c->flags;
	t->forward = c->forward;
}

static __always_inline void translation_set_way(struct translation *t, const struct way *way)
{
	t->next_hop = way->next_hop;
	t->ifindex = way->ifindex;
	t->forward = way->forward;
}

static __always_inline void way_set_tunnel(struct way *way, const struct addr *node)
{
	__builtin_memset(way, 0, sizeof(*way));
	way->next_hop = *node;
	way->forward = FORWARD_TUNNEL;
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

/* The last act of a program on a translated packet. */
static __always_inline int packet_forward(struct packet *p, const struct translation *t)
{
	struct bpf_redir_neigh neighbor = { .nh_family = FAMILY_AF };

	switch (t->forward) {
	case FORWARD_PEER:
		count_packet(p->skb, REASON_FORWARD_PEER);
		return bpf_redirect_peer(t->ifindex, 0);
	case FORWARD_NEIGHBOR:
		count_packet(p->skb, REASON_FORWARD_NEIGHBOR);
		p->skb->tc_index = TC_INDEX_DONE;
#if FAMILY == 4
		neighbor.ipv4_nh = t->next_hop.word[0];
#else
		__builtin_memcpy(neighbor.ipv6_nh, &t->next_hop, sizeof(t->next_hop));
#endif
		return bpf_redirect_neigh(t->ifindex, &neighbor, sizeof(neighbor), 0);
	case FORWARD_TUNNEL:
		return overlay_send(p, &t->next_hop);
	default:
		count_packet(p->skb, REASON_FORWARD_STACK);
		return TC_ACT_UNSPEC;
	}
}

#endif
