/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From a frontend to one of its backends. */
#ifndef SERVICE_BPF_H
#define SERVICE_BPF_H

#include "counter.bpf.h"
#include "route.bpf.h"

/* Who asks, and what differs from flow to flow. */
struct asker {
	struct addr client;
	__u32 kind; /* enum affinity_kind */
	__u32 seed; /* any number, or a hash where the service is consistent */
	__u64 now; /* CLOCK_MONOTONIC nanoseconds */
	bool local_only; /* the traffic policy wants a backend on this node */
};

/* A part of a service's slots. */
struct slot_part {
	__u32 first;
	__u32 count;
};

static __always_inline struct frontend *frontend_find(const struct addr *addr, __be16 port,
						      __u8 proto)
{
	struct frontend_key key = { .addr = *addr, .port = port, .proto = proto };

	return bpf_map_lookup_elem(&frontends, &key);
}

/* The node port, whatever address of the node it was asked for at. */
static __always_inline struct frontend *node_port_find(__be16 port, __u8 proto)
{
	const struct addr any = {};

	return frontend_find(&any, port, proto);
}

/* An exact address first, then the node ports of this node's own addresses; of `any_node`'s, when
 * another node has found that the address is its own. */
static __noinline struct frontend *service_find(const struct addr *addr, __be16 port, __u8 proto,
						bool any_node)
{
	struct frontend *frontend;

	if (addr_is_zero(addr)) /* the key of node ports, not an address */
		return NULL;
	frontend = frontend_find(addr, port, proto);
	if (frontend)
		return frontend;
	frontend = node_port_find(port, proto);
	return frontend && (any_node || route_is_this_node(route_find(addr))) ? frontend : NULL;
}

/* Whether the client is in the service's source ranges, if it has any. */
static __always_inline bool source_allowed(const struct frontend *frontend,
					   const struct addr *client)
{
	struct source_range_key key = { .prefix_length = 32 + ADDR_BITS,
					.service_id = frontend->service_id,
					.addr = *client };

	return !(frontend->flags & FRONTEND_SOURCE_RANGES) ||
	       bpf_map_lookup_elem(&source_ranges, &key);
}

static __always_inline struct slot *slot_at(__u32 index)
{
	struct slot *slot = bpf_map_lookup_elem(&slots, &index);

	/* A slot that was never written names no backend. */
	return slot && slot->port ? slot : NULL;
}

/* The slots to draw from. */
static __always_inline struct slot_part slots_eligible(const struct frontend *frontend,
						       bool local_only)
{
	struct slot_part part = { .first = frontend->first_slot, .count = frontend->slot_count };

	if (!local_only)
		return part;
	if (frontend->flags & FRONTEND_MAGLEV)
		part.first += part.count;
	part.count = frontend->local_count;
	return part;
}

/* Less than, equal to or greater than zero: the order of a table's slots. */
static __always_inline int slot_compare(const struct slot *slot, const struct affinity *kept)
{
#pragma unroll
	for (int i = 0; i < ADDR_WORDS; i++) {
		__u32 have = bpf_ntohl(slot->addr.word[i]);
		__u32 want = bpf_ntohl(kept->addr.word[i]);

		if (have != want)
			return have < want ? -1 : 1;
	}
	return (int)bpf_ntohs(slot->port) - (int)bpf_ntohs(kept->port);
}

#ifndef SOUGHT
#define SOUGHT SCRATCH_SOUGHT
#endif

#define SLOT_SEARCH_STEPS 13 /* halves 4096 slots, the most of a service */
#define SLOT_NOWHERE 0xffffffff

/* The index of the slot with the backend in SOUGHT, SLOT_NOWHERE if the part has none. */
__global __u32 slot_search(__u32 first, __u32 count)
{
	struct affinity *kept = scratch_find(SOUGHT);
	__u32 end = first + count;

	for (int i = 0; i < SLOT_SEARCH_STEPS && kept && first < end; i++) {
		__u32 middle = first + (end - first) / 2;
		struct slot *slot = slot_at(middle);
		int order;

		if (!slot)
			break;
		order = slot_compare(slot, kept);
		if (!order)
			return middle;
		if (order < 0)
			first = middle + 1;
		else
			end = middle;
	}
	return SLOT_NOWHERE;
}

/* The slot of a backend that was kept, if the service still has it where it may be taken from. */
static __always_inline struct slot *slot_kept(const struct frontend *frontend,
					      const struct affinity *kept, bool local_only)
{
	struct affinity *sought = scratch_find(SOUGHT);
	__u32 index;

	if (!sought)
		return NULL;
	*sought = *kept;
	index = slot_search(frontend->first_slot, frontend->local_count);
	if (index == SLOT_NOWHERE && !local_only)
		index = slot_search(frontend->first_slot + frontend->local_count,
				    frontend->slot_count - frontend->local_count);
	return index == SLOT_NOWHERE ? NULL : slot_at(index);
}

static __always_inline struct slot *slot_draw(const struct frontend *frontend,
					      const struct asker *asker)
{
	struct slot_part part = slots_eligible(frontend, asker->local_only);

	if (!part.count)
		return NULL;
	/* The high half of the product spreads a 32-bit seed over the run without a division. */
	return slot_at(part.first + (__u32)(((__u64)asker->seed * part.count) >> 32));
}

/* The backend that the client has, while its time lasts; else a fresh one, which it keeps. */
static __noinline struct slot *slot_by_affinity(const struct frontend *frontend,
						const struct asker *asker)
{
	struct affinity_key key = { .client = asker->client,
				    .service_id = frontend->service_id,
				    .kind = asker->kind };
	struct affinity *kept = bpf_map_lookup_elem(&affinity_clients, &key);
	struct affinity fresh = { .last_used = asker->now };
	struct slot *slot = NULL;

	if (kept && asker->now < kept->last_used + frontend->affinity_seconds * SECOND)
		slot = slot_kept(frontend, kept, asker->local_only);
	if (!slot)
		slot = slot_draw(frontend, asker);
	if (!slot)
		return NULL;
	fresh.addr = slot->addr;
	fresh.port = slot->port;
	bpf_map_update_elem(&affinity_clients, &key, &fresh, BPF_ANY);
	return slot;
}

/*
 * The backend for a flow that starts now; NULL if there is none. The frontend is read once: a
 * concurrent update replaces it as a whole and keeps the old run of slots alive for a grace period.
 */
static __always_inline struct slot *backend_pick(const struct frontend *frontend,
						 const struct asker *asker)
{
	__u32 how = frontend->flags & (FRONTEND_AFFINITY | FRONTEND_MAGLEV);

	/* A consistent service keeps a client by the seed alone. */
	return how == FRONTEND_AFFINITY ? slot_by_affinity(frontend, asker)
					: slot_draw(frontend, asker);
}

/* Whether nobody may be drawn, as opposed to a slot that is missing. */
static __always_inline bool frontend_is_empty(const struct frontend *frontend, bool local_only)
{
	return !slots_eligible(frontend, local_only).count;
}

/* One round of MurmurHash3. The same on every node and in every release: so are Maglev's tables. */
static __always_inline __u32 hash_add(__u32 hash, __u32 word)
{
	word *= 0xcc9e2d51;
	word = word << 15 | word >> 17;
	hash ^= word * 0x1b873593;
	return (hash << 13 | hash >> 19) * 5 + 0xe6546b64;
}

static __always_inline __u32 hash_finish(__u32 hash)
{
	hash = (hash ^ hash >> 16) * 0x85ebca6b;
	hash = (hash ^ hash >> 13) * 0xc2b2ae35;
	return hash ^ hash >> 16;
}

static __always_inline __u32 hash_addr(__u32 hash, const struct addr *addr)
{
#pragma unroll
	for (int i = 0; i < ADDR_WORDS; i++)
		hash = hash_add(hash, bpf_ntohl(addr->word[i]));
	return hash;
}

/* The seed that takes a flow, or with affinity a client, to the same backend on every node. */
static __always_inline __u32 consistent_seed(const struct frontend *frontend,
					     const struct connection_key *key)
{
	__u32 hash = hash_addr(0, &key->src);

	if (frontend->flags & FRONTEND_AFFINITY)
		return hash_finish(hash);
	hash = hash_addr(hash, &key->dst);
	hash = hash_add(hash, (__u32)bpf_ntohs(key->sport) << 16 | bpf_ntohs(key->dport));
	return hash_finish(hash_add(hash, key->proto));
}

#endif
