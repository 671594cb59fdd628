/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which ways a new flow takes there and back, by where it came from. */
#ifndef WAYS_BPF_H
#define WAYS_BPF_H

#include "create.bpf.h"

/* Whether the way back does not lead to the workload that has sent the packet: the host stack's
 * reverse path filter is to decide about it. */
static __always_inline bool is_spoofed(const struct packet *p, const struct way *back)
{
	return back->forward == FORWARD_PEER && back->ifindex != p->skb->ifindex;
}

/* netfilter sees a flow whole or not at all: translated on the client's device only, or past it. */
static __always_inline void choose_stack(struct new_connection *flow)
{
	flow->flags |= CONNECTION_CLIENT_SIDE;
	flow->request.forward = FORWARD_STACK;
	/* A reply through the overlay leaves the stack on the client's device all the same. */
	if (flow->reply.forward != FORWARD_TUNNEL)
		flow->reply.forward = FORWARD_STACK;
}

/* Whether both ways lead past the host stack. */
static __always_inline bool find_ways(struct packet *p, struct new_connection *flow)
{
	way_find(&flow->request, p->skb, HOOK_INGRESS, &flow->source, &flow->backend);
	if (flow->request.forward == FORWARD_STACK)
		return false;
	way_find(&flow->reply, p->skb, HOOK_INGRESS, &flow->backend, &p->key.src);
	return flow->reply.forward != FORWARD_STACK && flow->reply.local &&
	       !is_spoofed(p, &flow->reply);
}

static __always_inline void choose_ways(struct packet *p, struct new_connection *flow)
{
	if (!find_ways(p, flow))
		choose_stack(flow);
}

/* Only between workloads, and where the host stack need not answer what does not fit. */
static __always_inline bool choose_ways_unchanged(struct packet *p, struct new_connection *flow)
{
	if (p->side == HOOK_INGRESS && configured(CONFIG_DIRECT_PODS) && find_ways(p, flow))
		return true;
	flow->request.forward = FORWARD_STACK;
	flow->reply.forward = FORWARD_STACK;
	return false;
}

/* A pod that is its own backend sees a reserved address as the client: it would drop its own. */
static __always_inline bool choose_hairpin(const struct packet *p, struct new_connection *flow)
{
	if (!addr_equal(&flow->backend, &p->key.src))
		return false;
	flow->source = hairpin_address();
	flow->flags |= CONNECTION_HAIRPIN;
	return true;
}

/* False when the flow cannot be sent on from here; `why` is then the exit to take. */
static __always_inline bool choose_way(struct packet *p, struct new_connection *flow,
				       enum reason *why)
{
	if (p->side == HOOK_EGRESS) {
		way_find(&flow->request, p->skb, p->side, &flow->source, &flow->backend);
		*why = flow->request.host ? REASON_HOST_TO_ITSELF : REASON_NO_WAY;
		return flow->request.forward != FORWARD_STACK;
	}
	if (choose_hairpin(p, flow)) {
		way_find_hairpin(&flow->request, p->skb, &flow->source, &flow->backend);
		flow->reply = flow->request;
		*why = is_spoofed(p, &flow->request) ? REASON_OTHER_WORKLOAD : REASON_NO_WAY;
		return flow->request.forward != FORWARD_STACK && !is_spoofed(p, &flow->request);
	}
	choose_ways(p, flow);
	return true;
}

/* Whether replies to the client go straight from the backend's node. */
static __always_inline bool returns_directly(const struct packet *p)
{
	struct route *route;

	if (!configured(CONFIG_DSR))
		return false;
	route = route_find(&p->key.src);
	/* A client on this very node has no device that a reply leaves by. */
	return !route_is_this_node(route) && !(route && route->flags & ROUTE_NO_DSR);
}

/* To the node of the backend, which looks the frontend up again: nothing is translated here. */
static __always_inline bool choose_tunnel(struct packet *p, struct new_connection *flow,
					  const struct route *route, enum reason *why)
{
	*why = REASON_NO_NODE;
	if (!route_names_node(route) || !config.overlay_ifindex)
		return false;
	flow->flags |= CONNECTION_TUNNEL | (returns_directly(p) ? CONNECTION_DSR : 0);
	flow->backend = p->key.dst;
	flow->port = p->key.dport;
	way_set_tunnel(&flow->request, &route->node);
	way_find_outside(&flow->reply, p->skb, &p->key.dst, &p->key.src);
	*why = REASON_NO_WAY;
	return flow->reply.forward != FORWARD_STACK;
}

/*
 * netfilter sees a flow from outside whole or not at all, too: its device is an uplink. `back` is
 * the node that replies go through, if they do.
 */
static __always_inline void choose_ways_outside(struct packet *p, struct new_connection *flow,
						const struct addr *back)
{
	way_find(&flow->request, p->skb, HOOK_INGRESS, &flow->source, &flow->backend);
	if (back)
		way_set_tunnel(&flow->reply, back);
	else
		way_find_outside(&flow->reply, p->skb, &p->key.dst, &p->key.src);
	if (flow->request.forward == FORWARD_STACK || flow->reply.forward == FORWARD_STACK)
		choose_stack(flow);
}

static __always_inline bool choose_way_outside(struct packet *p, struct new_connection *flow,
					       bool local, enum reason *why)
{
	struct route *route = route_find(&flow->backend);

	flow->flags |= CONNECTION_OUTSIDE;
	if (!local && !(route && route->flags & ROUTE_LOCAL))
		return choose_tunnel(p, flow, route, why);
	choose_ways_outside(p, flow, NULL);
	return true;
}

/* What another node has forwarded: back to that node, or directly. */
static __always_inline bool choose_way_overlay(struct packet *p, struct new_connection *flow,
					       enum reason *why)
{
	struct addr sender;

	*why = REASON_OVERLAY_UNSERVED;
	if (!overlay_sender(p->skb, &sender))
		return false;
	flow->flags |= CONNECTION_OUTSIDE | CONNECTION_TUNNEL;
	/* A pod that has called another node's address may be the one to answer. */
	choose_hairpin(p, flow);
	choose_ways_outside(p, flow, returns_directly(p) ? NULL : &sender);
	return true;
}

/* False when the flow is not sent on from here; `why` is then the exit to take. */
static __always_inline bool choose_ways_of(struct packet *p, struct new_connection *flow,
					   const struct slot *slot, enum reason *why)
{
	switch (p->origin) {
	case ORIGIN_OVERLAY:
		return choose_way_overlay(p, flow, why);
	case ORIGIN_OUTSIDE:
		return choose_way_outside(p, flow, slot->flags & SLOT_LOCAL, why);
	default:
		return choose_way(p, flow, why);
	}
}

#endif
