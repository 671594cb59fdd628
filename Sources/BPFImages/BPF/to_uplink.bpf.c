// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * tc egress on an uplink: host processes, and pods whose veth has no program yet, that call a
 * service; replies to clients outside that the host stack has routed.
 */
#define PROGRAM TRACE_TO_UPLINK
#include "tc.bpf.h"

#define NOT_SERVED_HERE (CONNECTION_CLIENT_SIDE | CONNECTION_REPLY | CONNECTION_OUTSIDE)

/* What the host's address translation has given this node's address, of a workload without
 * programs: the overlay's own packets come from no other device. */
static __always_inline bool is_injected(const struct packet *p)
{
	return p->skb->ingress_ifindex && overlay_carries(p) &&
	       route_is_this_node(route_find(&p->key.src));
}

SEC("tc")
int to_uplink(struct __sk_buff *skb)
{
	struct packet p = { .side = HOOK_EGRESS, .origin = ORIGIN_INSIDE };
	struct translation t;
	struct connection *c;
	int verdict;

	if (!packet_enter(&p, skb, &verdict))
		return verdict;
	if (is_injected(&p))
		return drop(skb, REASON_OVERLAY_INJECTED);
	c = connection_find(&p);
	if (!c)
		verdict = serve_unknown(&p, &t);
	else if (connection_leads_outside(c))
		verdict = serve_delivered(&p, c, &t);
	else if (c->flags & NOT_SERVED_HERE)
		verdict = pass(skb, REASON_CLIENT_SIDE);
	else
		verdict = serve_known(&p, c, &t);
	return finish(&p, &t, verdict);
}
