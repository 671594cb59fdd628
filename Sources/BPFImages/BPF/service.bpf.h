/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From a frontend to one of its backends. */
#ifndef SERVICE_BPF_H
#define SERVICE_BPF_H

#include "maps.bpf.h"

static __always_inline struct frontend *frontend_find(const struct addr *addr, __be16 port,
						      __u8 proto)
{
	struct frontend_key key = { .addr = *addr, .port = port, .proto = proto };

	return bpf_map_lookup_elem(&frontends, &key);
}

/*
 * The backend for a flow that starts now; NULL with `why` if there is none. `seed` is any number
 * that differs from flow to flow. The frontend is read once: a concurrent update replaces it as a
 * whole and keeps the old run of slots alive for a grace period.
 */
static __always_inline struct slot *backend_pick(const struct frontend *frontend, __u32 seed)
{
	__u32 count = frontend->slot_count;
	struct slot *slot;
	__u32 index;

	if (!count)
		return NULL;
	/* The high half of the product spreads a 32-bit seed over the run without a division. */
	index = frontend->first_slot + (__u32)(((__u64)seed * count) >> 32);
	slot = bpf_map_lookup_elem(&slots, &index);
	/* A slot that was never written names no backend. */
	return slot && slot->port ? slot : NULL;
}

#endif
