/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The exits of all programs: each takes a reason, counts it, and tells it to whoever traces. */
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

/* Whether somebody traces, or did so until he was killed. */
static __always_inline bool is_traced(void)
{
	return __builtin_expect(tracing.until != 0, false);
}

/* Tells the tracer, if he wants to know; the packet's addresses are those that `reason` leaves. */
int trace_packet(struct __sk_buff *skb, __u32 reason);

static __always_inline void count_packet(struct __sk_buff *skb, enum reason reason)
{
	count(reason, skb->len);
	if (is_traced())
		trace_packet(skb, reason);
}

/* The packet goes on to other programs of the hook and then to the host stack. */
static __always_inline int pass(struct __sk_buff *skb, enum reason reason)
{
	count_packet(skb, reason);
	return TC_ACT_UNSPEC;
}

static __always_inline int drop(struct __sk_buff *skb, enum reason reason)
{
	count_packet(skb, reason);
	return TC_ACT_SHOT;
}

#endif
