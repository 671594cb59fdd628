// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* tc ingress on an uplink: replies of backends on other nodes. */
#include "tc.bpf.h"

SEC("tc")
int from_uplink(struct __sk_buff *skb)
{
	struct packet p = {};
	struct connection *c;
	enum reason why;

	if (skb->protocol != FAMILY_ETHERTYPE)
		return pass_other_ethertype(skb);
	packet_forget_mark(skb);
	if (!packet_parse(&p, skb, &why))
		return pass(skb, why);
	c = connection_find(&p);
	if (!c)
		return pass(skb, packet_opens(&p) ? REASON_NOT_SERVICE : REASON_NO_CONNECTION);
	if (!(c->flags & CONNECTION_REPLY) || c->flags & CONNECTION_CLIENT_SIDE)
		return pass(skb, REASON_CLIENT_SIDE);
	return serve_known(&p, c, HOOK_INGRESS);
}
