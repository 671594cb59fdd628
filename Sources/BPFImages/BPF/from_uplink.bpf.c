// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* tc ingress on an uplink: replies of backends on other nodes. */
#include "tc.bpf.h"

SEC("tc")
int from_uplink(struct __sk_buff *skb)
{
	struct packet p = {};
	struct connection *c;
	int verdict;

	if (!packet_enter(&p, skb, HOOK_INGRESS, &verdict))
		return verdict;
	c = connection_find(&p);
	if (!c)
		return pass(skb, packet_opens(&p) ? REASON_NOT_SERVICE : REASON_NO_CONNECTION);
	if (!(c->flags & CONNECTION_REPLY) || c->flags & CONNECTION_CLIENT_SIDE)
		return pass(skb, REASON_CLIENT_SIDE);
	return serve_known(&p, c, HOOK_INGRESS);
}
