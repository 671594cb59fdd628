/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where an address lives. */
#ifndef ROUTE_BPF_H
#define ROUTE_BPF_H

#include "maps.bpf.h"

static __always_inline struct route *route_find(const struct addr *addr)
{
	struct route_key key = { .prefix_length = ADDR_BITS, .addr = *addr };

	return bpf_map_lookup_elem(&routes, &key);
}

static __always_inline bool route_is_this_node(const struct route *route)
{
	return route && (route->flags & (ROUTE_LOCAL | ROUTE_WORKLOAD)) == ROUTE_LOCAL;
}

static __always_inline bool route_is_workload(const struct route *route)
{
	return route && route->flags & ROUTE_WORKLOAD;
}

/* A pod that may be reached past the host stack: what it answers comes in by our programs. */
static __always_inline bool route_is_direct(const struct route *route)
{
	return route && (route->flags & (ROUTE_WORKLOAD | ROUTE_STACK)) == ROUTE_WORKLOAD;
}

/* Whether the addresses are another node's whose own address is known. */
static __always_inline bool route_names_node(const struct route *route)
{
	return route && !(route->flags & ROUTE_LOCAL) && !addr_is_zero(&route->node);
}

#endif
