// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* tc egress on the host side of a workload's veth: everything that reaches a pod through the host
 * stack. */
#include "tc.bpf.h"

SEC("tc")
int to_workload(struct __sk_buff *skb)
{
	struct packet p = {};
	struct connection *c;
	int verdict;

	if (!packet_enter(&p, skb, HOOK_EGRESS, &verdict))
		return verdict;
	c = connection_find(&p);
	if (c && c->flags & (CONNECTION_REPLY | CONNECTION_CONNECT_TIME))
		return serve_delivered(&p, c);
	if (c)
		return pass(skb, REASON_CLIENT_SIDE);
	if (!packet_opens(&p))
		return pass(skb, REASON_NO_CONNECTION);
	connection_forget_predecessor(&p);
	return track_connect_time(&p);
}
