// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* tc ingress on the host side of a workload's veth: everything a pod sends. */
#define PROGRAM TRACE_FROM_WORKLOAD
#include "tc.bpf.h"

/* A strict source check lets through only what the workload's own addresses send, and what has to
 * be sent before it has any. */
static __always_inline bool is_foreign_source(struct __sk_buff *skb)
{
	struct route *route;
	struct addr src;

	if (skb->protocol != FAMILY_ETHERTYPE || !packet_source(skb, &src) || addr_is_zero(&src) ||
	    addr_is_link_local(&src))
		return false;
	route = route_find(&src);
	return !route ||
	       (route->flags & (ROUTE_LOCAL | ROUTE_WORKLOAD)) != (ROUTE_LOCAL | ROUTE_WORKLOAD) ||
	       route->ifindex != skb->ifindex;
}

/* Another node takes for forwarded by this one what comes from its address: the host's own address
 * translation would lend it to a workload. */
static __always_inline bool is_injected(const struct packet *p)
{
	struct route *route;

	if (!overlay_carries(p))
		return false;
	route = route_find(&p->key.dst);
	return route_is_this_node(route) || (route && route->flags & ROUTE_NODE);
}

/* A reply whose request went through the host stack is translated behind it; a request that came in
 * by the overlay has left this node through the host stack, and goes on doing so. */
static __always_inline bool is_served_elsewhere(const struct connection *c)
{
	bool reply = c->flags & CONNECTION_REPLY;

	return reply ? c->flags & CONNECTION_CLIENT_SIDE : c->flags & CONNECTION_OUTSIDE;
}

SEC("tc")
int from_workload(struct __sk_buff *skb)
{
	struct packet p = { .side = HOOK_INGRESS, .origin = ORIGIN_INSIDE };
	struct translation t;
	struct connection *c;
	int verdict;

	if (configured(CONFIG_STRICT_SOURCE) && is_foreign_source(skb))
		return drop(skb, REASON_SPOOFED);
	if (!packet_enter(&p, skb, &verdict))
		return verdict;
	if (is_injected(&p))
		return drop(skb, REASON_OVERLAY_INJECTED);
	c = connection_find(&p);
	if (c && is_served_elsewhere(c))
		return pass(skb, REASON_CLIENT_SIDE);
	if (c && connection_is_forged(&p, c))
		return pass(skb, REASON_OTHER_WORKLOAD);
	verdict = c ? serve_known(&p, c, &t) : serve_unknown(&p, &t);
	return finish(&p, &t, verdict);
}
