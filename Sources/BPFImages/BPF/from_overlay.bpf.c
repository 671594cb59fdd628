// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * tc ingress on the overlay's device: requests that other nodes forward, and replies that come back
 * to the first node. What is not served is dropped, as nothing else has business here, but for a
 * packet whose TTL ends, which the host stack answers.
 */
#include <linux/if_packet.h>

#define PROGRAM TRACE_FROM_OVERLAY
#include "tc.bpf.h"

/* IPv4's program counts what is neither family's. */
static __always_inline int refuse_other_ethertype(struct __sk_buff *skb)
{
	if (FAMILY == 4 && skb->protocol != OTHER_ETHERTYPE)
		return drop(skb, REASON_OVERLAY_UNSERVED);
	return TC_ACT_UNSPEC;
}

static __noinline int is_from_known_node(struct __sk_buff *skb)
{
	struct route *route;
	struct addr sender;

	if (!overlay_sender(skb, &sender))
		return false;
	route = route_find(&sender);
	return route && route->flags & ROUTE_NODE;
}

static __always_inline int serve_forwarded(struct packet *p, struct translation *t)
{
	struct frontend *frontend;

	if (!packet_opens(p))
		return drop(p->skb, REASON_OVERLAY_UNSERVED);
	packet_tell_time(p);
	frontend = service_find(&p->key.dst, p->key.dport, p->key.proto, true);
	if (!frontend)
		return drop(p->skb, REASON_OVERLAY_UNSERVED);
	return serve_new(p, frontend, t);
}

SEC("tc")
int from_overlay(struct __sk_buff *skb)
{
	struct packet p = { .side = HOOK_INGRESS, .origin = ORIGIN_OVERLAY };
	struct translation t;
	struct connection *c;
	enum reason why;
	int verdict;

	if (skb->protocol != FAMILY_ETHERTYPE)
		return refuse_other_ethertype(skb);
	packet_is_done(skb);
	if (!is_from_known_node(skb))
		return drop(skb, REASON_OVERLAY_UNKNOWN_SENDER);
	if (!packet_parse(&p, skb, &why))
		return drop(skb, REASON_OVERLAY_UNSERVED);
	/* The frame was addressed to the device that the first node received it on. */
	bpf_skb_change_type(skb, PACKET_HOST);
	c = connection_find(&p);
	if (c && !(c->flags & CONNECTION_OUTSIDE))
		return drop(skb, REASON_OVERLAY_UNSERVED);
	verdict = c ? serve_known(&p, c, &t) : serve_forwarded(&p, &t);
	return finish(&p, &t, verdict);
}
