// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* tc ingress on an uplink: clients outside, and replies of backends on other nodes. */
#include <linux/if_packet.h>

#define PROGRAM TRACE_FROM_UPLINK
#include "tc.bpf.h"

/* Of a flow from outside the request, of others the reply, unless the client's device has that. */
static __always_inline bool is_served_here(const struct connection *c)
{
	bool reply = c->flags & CONNECTION_REPLY;

	if (connection_is_unchanged(c))
		return reply;
	if (c->flags & CONNECTION_OUTSIDE)
		return !reply;
	return reply && !(c->flags & CONNECTION_CLIENT_SIDE);
}

SEC("tc")
int from_uplink(struct __sk_buff *skb)
{
	struct packet p = { .side = HOOK_INGRESS, .origin = ORIGIN_OUTSIDE };
	struct translation t;
	struct connection *c;
	int verdict;

	/* Flooded by a switch: the machine that it is for serves it. */
	if (skb->pkt_type == PACKET_OTHERHOST && !configured(CONFIG_NO_ETHERNET))
		return pass(skb, REASON_OTHER_MACHINE);
	if (!packet_enter(&p, skb, &verdict))
		return verdict;
	c = connection_find(&p);
	if (c && !is_served_here(c))
		return pass(skb, REASON_CLIENT_SIDE);
	if (c && connection_is_forged(&p, c))
		return pass(skb, REASON_OTHER_WORKLOAD);
	if (!c && overlay_carries(&p))
		return pass(skb, REASON_OVERLAY);
	verdict = c ? serve_known(&p, c, &t) : serve_unknown(&p, &t);
	return finish(&p, &t, verdict);
}
