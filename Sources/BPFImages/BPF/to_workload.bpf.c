// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* tc egress on the host side of a workload's veth: everything that reaches a pod through the host
 * stack. */
#define PROGRAM TRACE_TO_WORKLOAD
#include "tc.bpf.h"

/* What belongs to no tracked flow and is on its way into a pod. */
static __always_inline int serve_arriving(struct packet *p, struct translation *t)
{
	if (!packet_opens(p))
		return pass(p->skb, packet_stray(p));
	packet_tell_time(p);
	connection_forget_predecessor(p);
	return serve_unchanged(p, t);
}

SEC("tc")
int to_workload(struct __sk_buff *skb)
{
	struct packet p = { .side = HOOK_EGRESS, .origin = ORIGIN_INSIDE };
	struct translation t;
	struct connection *c;
	int verdict;

	if (!packet_enter(&p, skb, &verdict))
		return verdict;
	c = connection_find(&p);
	if (!c)
		verdict = serve_arriving(&p, &t);
	else if (c->flags & CONNECTION_REPLY || connection_is_unchanged(c))
		verdict = serve_delivered(&p, c, &t);
	else
		verdict = pass(skb, REASON_CLIENT_SIDE);
	return finish(&p, &t, verdict);
}
