// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* tc egress on an uplink: host processes, and pods whose veth has no program yet, that call a
 * service. */
#include "tc.bpf.h"

SEC("tc")
int to_uplink(struct __sk_buff *skb)
{
	struct packet p = {};
	struct connection *c;
	int verdict;

	if (!packet_enter(&p, skb, HOOK_EGRESS, &verdict))
		return verdict;
	c = connection_find(&p);
	if (!c)
		return serve_unknown(&p, HOOK_EGRESS);
	if (c->flags & (CONNECTION_CLIENT_SIDE | CONNECTION_REPLY))
		return pass(skb, REASON_CLIENT_SIDE);
	return serve_known(&p, c, HOOK_EGRESS);
}
