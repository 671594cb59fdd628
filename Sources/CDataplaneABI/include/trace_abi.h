/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tracing: what a tracer asks for and what it is told. Addresses and ports are in network byte
 * order; an IPv4 address is the first word. */
#ifndef TRACE_ABI_H
#define TRACE_ABI_H

#include <linux/types.h>
#include <stddef.h>

#include "counter_abi.h"

/* trace_event.program */
enum trace_program {
	TRACE_CONNECT = 0, /* a connect-time program: a socket call, not a packet */
	TRACE_FROM_WORKLOAD = 1,
	TRACE_TO_WORKLOAD = 2,
	TRACE_FROM_UPLINK = 3,
	TRACE_TO_UPLINK = 4,
	TRACE_FROM_OVERLAY = 5,
};

/* trace_event.flags */
enum trace_flag {
	TRACE_KNOWN = 1 << 0, /* the connection table has it, and so `after` */
	TRACE_SERVICE = 1 << 1, /* service_id counts */
	TRACE_TRANSLATED = 1 << 2, /* it left with the tuple `after` */
};

struct trace_tuple {
	__be32 src[4];
	__be32 dst[4];
	__be16 sport;
	__be16 dport;
};

/* events: one record per exit that matches. */
struct trace_event {
	__u64 time; /* CLOCK_MONOTONIC nanoseconds */
	struct trace_tuple before; /* as it arrived, or as the process asked */
	struct trace_tuple after; /* as its connection translates it; zero if there is none */
	__be32 node[4]; /* the other node, where the overlay takes it; else zero */
	__u32 session; /* of the tracer that asked for it */
	__u32 service_id;
	__u32 ifindex; /* the interface whose program tells; 0 for socket calls */
	__u32 length; /* bytes, from the link layer's header on */
	__u16 connection_flags; /* enum connection_flag */
	__u8 reason; /* enum reason */
	__u8 family; /* 4 or 6 */
	__u8 proto; /* IPPROTO_…; 0: not IP */
	__u8 tcp_flags; /* as in the header */
	__u8 program; /* enum trace_program */
	__u8 flags; /* enum trace_flag */
};

/* One end of an event's tuples. */
struct trace_end {
	__be32 addr[4]; /* with the bits outside the mask cleared */
	__be32 mask[4];
	__be16 port; /* 0: any */
	__u8 family; /* 4 or 6: addresses of that family only; 0: any address */
	__u8 pad;
};

/* trace_control.ends: which ends of an event have to match. */
enum trace_end_role {
	TRACE_END_ANY, /* one of the four of both tuples */
	TRACE_END_PORT, /* the same, so that an address and a port may be of different ends */
	TRACE_END_SOURCE, /* before.src */
	TRACE_END_DESTINATION, /* before.dst */
	TRACE_END_ROLES,
};

#define TRACE_RING_SIZE (1 << 20) /* bytes: 8000 events that nobody has taken yet */

#define TRACE_SERVICES_MAX 16 /* services that one filter names, by their ports */

/*
 * tracing: 0 -> the one entry. Written by the tracer, but for `until`: a program that finds it in
 * the past sets it to 0, so that a tracer that was killed leaves nothing behind.
 */
struct trace_control {
	__u64 until; /* CLOCK_MONOTONIC nanoseconds; 0: nobody traces */
	__u64 reasons; /* 1 << enum reason */
	__u32 session;
	__u32 owner; /* the tracer's process, for people */
	__u32 ifindex; /* 0: all interfaces, and socket calls */
	__u8 family; /* 4 or 6; 0: both */
	__u8 proto; /* 0: all */
	__u16 service_count; /* 0: all services and what belongs to none */
	__u32 services[TRACE_SERVICES_MAX];
	struct trace_end ends[TRACE_END_ROLES];
};

/* trace_rooms: working space of a processor, and what it could not tell. */
struct trace_room {
	struct trace_event event;
	__u64 key[6]; /* of whatever map is looked into */
	__u64 lost; /* records that the ring buffer had no room for; never reset */
};

/* The ELF section, and so the map in an object, that holds the one `struct trace_control`. */
#define TRACE_SECTION ".data.trace"

_Static_assert(REASON_COUNT <= 64, "trace_control.reasons");
_Static_assert(sizeof(struct trace_tuple) == 36, "trace_tuple");
_Static_assert(offsetof(struct trace_tuple, sport) == 32, "trace_tuple");
_Static_assert(sizeof(struct trace_event) == 120, "trace_event");
_Static_assert(offsetof(struct trace_event, after) == 44, "trace_event");
_Static_assert(offsetof(struct trace_event, node) == 80, "trace_event");
_Static_assert(offsetof(struct trace_event, session) == 96, "trace_event");
_Static_assert(offsetof(struct trace_event, connection_flags) == 112, "trace_event");
_Static_assert(offsetof(struct trace_event, proto) == 116, "trace_event");
_Static_assert(sizeof(struct trace_end) == 36, "trace_end");
_Static_assert(offsetof(struct trace_end, port) == 32, "trace_end");
_Static_assert(sizeof(struct trace_control) == 240, "trace_control");
_Static_assert(offsetof(struct trace_control, session) == 16, "trace_control");
_Static_assert(offsetof(struct trace_control, services) == 32, "trace_control");
_Static_assert(offsetof(struct trace_control, ends) == 96, "trace_control");
_Static_assert(sizeof(struct trace_room) == 176, "trace_room");
_Static_assert(offsetof(struct trace_room, lost) == 168, "trace_room");

#endif
