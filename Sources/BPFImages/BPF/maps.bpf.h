/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The maps of design §3. A map's name here is its pin's; sizes are defaults that `enable
 * --map-size` overrides. */
#ifndef MAPS_BPF_H
#define MAPS_BPF_H

#include "address.bpf.h"

#define frontends FAMILY_MAP(frontends)
#define slots FAMILY_MAP(slots)
#define connections FAMILY_MAP(connections)
#define routes FAMILY_MAP(routes)
#define sockets FAMILY_MAP(sockets)
#define source_ranges FAMILY_MAP(source_ranges)
#define affinity_clients FAMILY_MAP(affinity)
#define fragments FAMILY_MAP(fragments)

/* address, port, protocol -> service; the tool writes, every program that meets a new flow reads.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct frontend_key);
	__type(value, struct frontend);
} frontends SEC(".maps");

/* index -> backend; the tool writes runs, programs read one slot per new flow. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 262144);
	__type(key, __u32);
	__type(value, struct slot);
} slots SEC(".maps");

/* tuple as it arrives -> what becomes of it; programs write, the tool reads and deletes. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 512000);
	__type(key, struct connection_key);
	__type(value, struct connection);
} connections SEC(".maps");

/* prefix -> where it lives; the tool writes, programs read one per new flow. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct route_key);
	__type(value, struct route);
} routes SEC(".maps");

/* socket, backend -> what the process asked for; connect-time programs write and read, tc programs
 * read. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct socket_key);
	__type(value, struct socket);
} sockets SEC(".maps");

/* service, client -> allowed; the tool writes, programs read where a frontend's flag says so. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct source_range_key);
	__type(value, __u32);
} source_ranges SEC(".maps");

/* client, service -> its backend; programs write, the tool reads and deletes. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct affinity_key);
	__type(value, struct affinity);
} affinity_clients SEC(".maps");

/* fragmented datagram -> its ports; programs write and read. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct fragment_key);
	__type(value, struct fragment);
} fragments SEC(".maps");

/* service id -> namespace/name:port; the tool writes and reads. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct service_name);
} service_names SEC(".maps");

/* enum reason -> packets, bytes; programs write, the tool reads. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, REASON_COUNT);
	__type(key, __u32);
	__type(value, struct counter);
} counters SEC(".maps");

/* 0 -> who wrote all this; the tool writes and reads. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct meta);
} meta SEC(".maps");

/* struct trace_event, one after the other; programs write while somebody traces, the tracer takes.
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, TRACE_RING_SIZE);
} events SEC(".maps");

/* 0 -> where a processor puts an event together; programs write, the tracer reads what is lost. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct trace_room);
} trace_rooms SEC(".maps");

/* What the tracer asks for. A variable, pinned as `tracing`: to see that nobody traces takes one
 * load and one branch. */
volatile struct trace_control tracing SEC(TRACE_SECTION) = {};

/*
 * A function of its own to the verifier, which checks it once for all of its callers: that takes
 * scalars and the context only. Others are checked again at each call.
 */
#define __global __attribute__((noinline))

/* Room for what does not fit the stack of 512 bytes; of no meaning when the program ends. */
enum scratch_use {
	SCRATCH_CONNECTION,
	SCRATCH_ICMP,
	SCRATCH_SOUGHT,
	SCRATCH_SOUGHT_CALL, /* packets interrupt socket calls */
	SCRATCH_USES
};

struct scratch {
	__u64 room[28];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_USES);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

static __always_inline void *scratch_find(__u32 use)
{
	return bpf_map_lookup_elem(&scratch, &use);
}

/* Cleared room for one thing of that use. */
static __always_inline void *scratch_take(__u32 use)
{
	struct scratch *room = scratch_find(use);

	if (room)
		__builtin_memset(room, 0, sizeof(*room));
	return room;
}

/* Set before load, so the verifier knows it and removes what is switched off. */
const volatile struct dataplane_config config SEC(CONFIG_SECTION) = {};

static __always_inline bool configured(enum config_flag flag)
{
	return config.flags & flag;
}

/* Whether sockets of this protocol are balanced when they connect or send. */
static __always_inline bool connect_time_serves(__u32 proto)
{
	return (proto == IPPROTO_TCP && configured(CONFIG_CONNECT_TCP)) ||
	       (proto == IPPROTO_UDP && configured(CONFIG_CONNECT_UDP));
}

#define SECOND 1000000000ULL

/* CLOCK_MONOTONIC nanoseconds. */
static __always_inline __u64 clock_now(void)
{
	/* Needs Linux 5.11; drop the other branch when the baseline passes it. */
	if (configured(CONFIG_COARSE_CLOCK))
		return bpf_ktime_get_coarse_ns();
	return bpf_ktime_get_ns();
}

/* What a pod sees as the client when it reaches itself through a service. */
static __always_inline struct addr hairpin_address(void)
{
#if FAMILY == 4
	return (struct addr){ .word = { config.hairpin_v4 } };
#else
	return (struct addr){ .word = { config.hairpin_v6[0], config.hairpin_v6[1],
					config.hairpin_v6[2], config.hairpin_v6[3] } };
#endif
}

#endif
