/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tells a tracer of socket calls. They have no source yet, and no interface. */
#ifndef TRACE_CALL_BPF_H
#define TRACE_CALL_BPF_H

#include "trace.bpf.h"

/*
 * `asked` is what the call named when it came, `addr` and the context what it names now. Socket
 * calls can be interrupted by packets and by other calls, so the event is put together on the
 * stack.
 */
static __noinline int trace_call(struct bpf_sock_addr *ctx, __u32 reason,
				 const struct socket *asked, const struct addr *addr)
{
	struct trace_event event = { .time = bpf_ktime_get_ns(),
				     .service_id = asked->service_id,
				     .reason = reason,
				     .family = FAMILY,
				     .proto = asked->proto,
				     .program = TRACE_CONNECT };
	struct trace_room *room = trace_room_find();

	if (!room || !trace_asks(reason, 0, event.time))
		return 0;
	*trace_addr(event.before.dst) = asked->addr;
	event.before.dport = asked->port;
	if (asked->service_id)
		event.flags |= TRACE_SERVICE;
	if (!addr_equal(&asked->addr, addr) || asked->port != (__be16)ctx->user_port) {
		event.flags |= TRACE_TRANSLATED;
		*trace_addr(event.after.dst) = *addr;
		event.after.dport = ctx->user_port;
	}
	if (trace_matches(&event))
		trace_send(room, &event);
	return 0;
}

#endif
