// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* tc ingress on the host side of a workload's veth: everything a pod sends. */
#include "tc.bpf.h"

SEC("tc")
int from_workload(struct __sk_buff *skb)
{
	struct packet p = {};
	struct connection *c;
	int verdict;

	if (!packet_enter(&p, skb, HOOK_INGRESS, &verdict))
		return verdict;
	c = connection_find(&p);
	if (!c)
		return serve_unknown(&p, HOOK_INGRESS);
	/* A reply whose request went through the host stack is translated behind it, in
	 * to_workload. */
	if ((c->flags & (CONNECTION_CLIENT_SIDE | CONNECTION_REPLY)) ==
	    (CONNECTION_CLIENT_SIDE | CONNECTION_REPLY))
		return pass(skb, REASON_CLIENT_SIDE);
	return serve_known(&p, c, HOOK_INGRESS);
}
