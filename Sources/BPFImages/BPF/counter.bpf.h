/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The exits of all programs: each takes a reason and counts it. */
#ifndef COUNTER_BPF_H
#define COUNTER_BPF_H

#include <linux/pkt_cls.h>

#include "maps.bpf.h"

static __always_inline void count(enum reason reason, __u64 bytes)
{
	__u32 index = reason;
	struct counter *counter = bpf_map_lookup_elem(&counters, &index);

	if (counter) {
		counter->packets++;
		counter->bytes += bytes;
	}
}

/* The packet goes on to other programs of the hook and then to the host stack. */
static __always_inline int pass(struct __sk_buff *skb, enum reason reason)
{
	count(reason, skb->len);
	return TC_ACT_UNSPEC;
}

static __always_inline int drop(struct __sk_buff *skb, enum reason reason)
{
	count(reason, skb->len);
	return TC_ACT_SHOT;
}

/* Cgroup programs: the call proceeds, translated or not. */
static __always_inline int proceed(enum reason reason)
{
	count(reason, 0);
	return 1;
}

#endif
