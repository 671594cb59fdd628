// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Puts a packet back as it was and hands it to the program that is measured: a repeated test run
 * gives a program its own output from the second time on, and a translated packet is no service's.
 */
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "config_abi.h"

#define HEADERS 128

/* What every run begins with. */
struct template
{
	__u8 headers[HEADERS]; /* from the Ethernet header on */
	__u32 port_offset; /* of the 16 bits that tell flows apart */
	__u32 flow_mask; /* flows less one; one less than a power of two */
	__u32 address_offset; /* of the last 32 bits of the address that tells frontends apart */
	__u32 address_first; /* those bits of the first frontend, in host order */
	__u32 address_count; /* frontends, visited in turns; 0: the template's */
	__u32 is_from_overlay; /* 0 or 1 */
	__u64 run; /* counted up */
	__u32 sender[4]; /* the node that has sent it through the overlay; IPv4: [0], in host order
			  */
};

/* 0 -> the packet; the benchmark writes, the harness reads and counts. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct template);
} template SEC(".maps");

/* 0 -> the program that is measured. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

/* Any odd number far from a power of two: the order in which flows and frontends are visited. */
#define STRIDE 40503

/* Says of the packet what the VXLAN device says of one that another node has sent. */
static __always_inline void unpack(struct __sk_buff *skb, const struct template *t)
{
	struct bpf_tunnel_key key = { .tunnel_id = OVERLAY_VNI, .tunnel_ttl = 64 };

	/* What is set as the local address is read back as the remote one. */
#if FAMILY == 4
	key.local_ipv4 = t->sender[0];
	bpf_skb_set_tunnel_key(skb, &key, sizeof(key), 0);
#else
	__builtin_memcpy(key.local_ipv6, t->sender, sizeof(key.local_ipv6));
	bpf_skb_set_tunnel_key(skb, &key, sizeof(key), BPF_F_TUNINFO_IPV6);
#endif
}

SEC("tc")
int harness(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct template *t = bpf_map_lookup_elem(&template, &zero);
	__u32 run;

	if (!t)
		return TC_ACT_SHOT;
	run = t->run++ * STRIDE;
	if (bpf_skb_store_bytes(skb, 0, t->headers, HEADERS, 0))
		return TC_ACT_SHOT;
	if (t->flow_mask) {
		__be16 port = bpf_htons(1024 + (run & t->flow_mask));

		bpf_skb_store_bytes(skb, t->port_offset, &port, sizeof(port), 0);
	}
	if (t->address_count) {
		__be32 word = bpf_htonl(t->address_first + run % t->address_count);

		bpf_skb_store_bytes(skb, t->address_offset, &word, sizeof(word), 0);
	}
	if (t->is_from_overlay)
		unpack(skb, t);
	skb->tc_index = 0;
	bpf_tail_call(skb, &target, 0);
	return TC_ACT_SHOT;
}

/* The floor: what the harness and a call cost. */
SEC("tc")
int empty(struct __sk_buff *skb)
{
	(void)skb;
	return TC_ACT_UNSPEC;
}

char program_license[] SEC("license") = "Dual BSD/GPL";
