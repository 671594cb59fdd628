// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What single helpers and lookups cost, each called TIMES times in a run: the figures that the cost
 * of a whole path is explained with. Maps have the sizes and shapes of the dataplane's.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_helpers.h>

#define TIMES 16
#define ADDRESS (FAMILY == 4 ? 4 : 16)
#define HEADERS (ETH_HLEN + (FAMILY == 4 ? 20 : 40))

struct tuple {
	__u8 addresses[2 * ADDRESS];
	__u32 ports;
	__u32 proto;
};

struct entry {
	__u64 words[FAMILY == 4 ? 8 : 13];
};

struct prefix {
	__u32 length;
	__u8 address[ADDRESS];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 512000);
	__type(key, struct tuple);
	__type(value, struct entry);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct tuple);
	__type(value, struct entry);
} services SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, struct entry);
} prefixes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

/* As `tracing.until` of the dataplane while nobody traces. */
volatile __u64 tracing_until = 0;

/* A program that does one thing TIMES times; `i` counts. */
#define COST(name, ...)                                                                            \
	SEC("tc")                                                                                  \
	int cost_##name(struct __sk_buff *skb)                                                     \
	{                                                                                          \
		(void)skb;                                                                         \
		_Pragma("unroll") for (__u32 i = 0; i < TIMES; i++)                                \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
		return TC_ACT_UNSPEC;                                                              \
	}

static __always_inline void flow(struct tuple *tuple, __u32 number)
{
	__builtin_memset(tuple, 0, sizeof(*tuple));
	tuple->ports = number;
}

COST(clock, bpf_ktime_get_coarse_ns();)
COST(random, bpf_get_prandom_u32();)

/* What every exit asks for the sake of `ebpfctl trace`. */
COST(trace_off, {
	if (__builtin_expect(tracing_until != 0, false))
		bpf_get_prandom_u32();
})

COST(counter, {
	__u32 index = i;
	__u64 *count = bpf_map_lookup_elem(&counts, &index);

	if (count)
		(*count)++;
})

COST(atomic_add, {
	__u32 index = i;
	__u64 *count = bpf_map_lookup_elem(&counts, &index);

	if (count)
		__atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
})

COST(flow_miss, {
	struct tuple tuple;

	flow(&tuple, 1 << 20 | i);
	bpf_map_lookup_elem(&flows, &tuple);
})

COST(flow_hit, {
	struct tuple tuple;
	struct entry *entry;

	flow(&tuple, i);
	entry = bpf_map_lookup_elem(&flows, &tuple);
	if (!entry)
		bpf_map_update_elem(&flows, &tuple, &(struct entry){}, BPF_ANY);
})

/* Fills a table that has room. */
COST(flow_insert, {
	struct tuple tuple;

	flow(&tuple, bpf_get_prandom_u32());
	bpf_map_update_elem(&flows, &tuple, &(struct entry){}, BPF_NOEXIST);
})

COST(service_miss, {
	struct tuple tuple;

	flow(&tuple, i);
	bpf_map_lookup_elem(&services, &tuple);
})

COST(route, {
	struct prefix prefix = { .length = 8 * ADDRESS };

	prefix.address[0] = i;
	bpf_map_lookup_elem(&prefixes, &prefix);
})

COST(checksum, bpf_l4_csum_replace(skb, HEADERS + offsetof(struct tcphdr, check), 0, i, 0);)

COST(store, {
	__u8 bytes[16] = { i };

	bpf_skb_store_bytes(skb, HEADERS, bytes, sizeof(bytes), 0);
})

COST(fib, {
	struct bpf_fib_lookup fib = { .family = FAMILY == 4 ? 2 : 10, .ifindex = skb->ifindex };

#if FAMILY == 4
	bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, saddr), &fib.ipv4_src, 8);
#else
	bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct ipv6hdr, saddr), fib.ipv6_src, 32);
#endif
	bpf_fib_lookup(skb, &fib, sizeof(fib), 0);
})

COST(redirect_peer, bpf_redirect_peer(skb->ifindex, 0);)

COST(redirect_neighbor, {
	struct bpf_redir_neigh hop = { .nh_family = FAMILY == 4 ? 2 : 10 };

	bpf_redirect_neigh(skb->ifindex, &hop, sizeof(hop), 0);
})

COST(tunnel_key, {
	struct bpf_tunnel_key key = { .tunnel_id = 1, .tunnel_ttl = 64 };

	bpf_skb_set_tunnel_key(skb, &key, offsetof(struct bpf_tunnel_key, local_ipv6[0]),
			       FAMILY == 4 ? 0 : BPF_F_TUNINFO_IPV6);
})

char program_license[] SEC("license") = "Dual BSD/GPL";
