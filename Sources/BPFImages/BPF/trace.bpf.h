/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What telling a tracer of packets and of socket calls have in common. Nothing here runs unless
 * somebody traces. */
#ifndef TRACE_BPF_H
#define TRACE_BPF_H

#include "maps.bpf.h"

static __always_inline struct trace_room *trace_room_find(void)
{
	__u32 index = 0;

	return bpf_map_lookup_elem(&trace_rooms, &index);
}

/* What can be said before anything is looked up. A tracer that was killed ends here. */
static __always_inline bool trace_asks(__u32 reason, __u32 ifindex, __u64 now)
{
	if (now > tracing.until) {
		tracing.until = 0;
		return false;
	}
	if (!(tracing.reasons >> (reason & 63) & 1))
		return false;
	if (tracing.ifindex && tracing.ifindex != ifindex)
		return false;
	return !tracing.family || tracing.family == FAMILY;
}

static __always_inline struct addr *trace_addr(__be32 *words)
{
	return (struct addr *)words;
}

/* Without branches, which the verifier would follow one by one. */
static __noinline int trace_end_matches(const volatile struct trace_end *end, const __be32 *addr,
					__be16 port)
{
	__u32 difference = end->family ^ FAMILY;

#pragma unroll
	for (int i = 0; i < ADDR_WORDS; i++)
		difference |= (addr[i] & end->mask[i]) ^ end->addr[i];
	if (!end->family)
		difference = 0;
	if (end->port)
		difference |= end->port ^ port;
	return !difference;
}

static __always_inline bool trace_any_matches(const volatile struct trace_end *end,
					      const struct trace_event *event)
{
	const struct trace_tuple *before = &event->before, *after = &event->after;

	return trace_end_matches(end, before->src, before->sport) ||
	       trace_end_matches(end, before->dst, before->dport) ||
	       trace_end_matches(end, after->src, after->sport) ||
	       trace_end_matches(end, after->dst, after->dport);
}

static __noinline int trace_service_matches(const struct trace_event *event)
{
	if (!tracing.service_count)
		return true;
	if (!(event->flags & TRACE_SERVICE))
		return false;
	for (__u32 i = 0; i < TRACE_SERVICES_MAX; i++) {
		if (i >= tracing.service_count)
			return false;
		if (tracing.services[i] == event->service_id)
			return true;
	}
	return false;
}

static __always_inline bool trace_matches(const struct trace_event *event)
{
	const struct trace_tuple *before = &event->before;

	if (tracing.proto && tracing.proto != event->proto)
		return false;
	return trace_end_matches(&tracing.ends[TRACE_END_SOURCE], before->src, before->sport) &&
	       trace_end_matches(&tracing.ends[TRACE_END_DESTINATION], before->dst,
				 before->dport) &&
	       trace_any_matches(&tracing.ends[TRACE_END_ANY], event) &&
	       trace_any_matches(&tracing.ends[TRACE_END_PORT], event) &&
	       trace_service_matches(event);
}

static __always_inline void trace_send(struct trace_room *room, struct trace_event *event)
{
	event->session = tracing.session;
	if (bpf_ringbuf_output(&events, event, sizeof(*event), 0))
		/* Relaxed: a stronger order compiles to the fetching add, which Linux 5.12 brought.
		 */
		__atomic_fetch_add(&room->lost, 1, __ATOMIC_RELAXED);
}

#endif
