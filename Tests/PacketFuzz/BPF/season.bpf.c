// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Gives a packet what a test run cannot give it, as words of its scratch space wish, and hands it
 * to a program.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "config_abi.h"

/* cb[0]; the upper 16 bits are tc_index. */
#define WISH_TARGET 0xff /* index of the program */
#define WISH_TUNNEL (1 << 8) /* another node has sent it through the overlay: cb[1..4] */
#define WISH_FOREIGN (1 << 9) /* … through somebody else's network */
#define WISH_VLAN (1 << 10) /* has a tag beside it */

#define UNREACHED 99 /* no verdict of any program */

/* wish -> program; the test writes. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u32);
} targets SEC(".maps");

/* What the VXLAN device says of a packet. */
static __always_inline void unpack(struct __sk_buff *skb, __u32 wish)
{
	struct bpf_tunnel_key key = { .tunnel_id = OVERLAY_VNI, .tunnel_ttl = 64 };

	if (wish & WISH_FOREIGN)
		key.tunnel_id++;
		/* What is set as the local address is read back as the remote one. Needs Linux 6.0.
		 */
#if FAMILY == 4
	key.local_ipv4 = skb->cb[1];
	bpf_skb_set_tunnel_key(skb, &key, sizeof(key), 0);
#else
	key.local_ipv6[0] = skb->cb[1];
	key.local_ipv6[1] = skb->cb[2];
	key.local_ipv6[2] = skb->cb[3];
	key.local_ipv6[3] = skb->cb[4];
	bpf_skb_set_tunnel_key(skb, &key, sizeof(key), BPF_F_TUNINFO_IPV6);
#endif
}

SEC("tc")
int season(struct __sk_buff *skb)
{
	__u32 wish = skb->cb[0];

	if (wish & WISH_TUNNEL)
		unpack(skb, wish);
	if (wish & WISH_VLAN)
		bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), 5);
	skb->tc_index = wish >> 16;
	bpf_tail_call(skb, &targets, wish & WISH_TARGET);
	return UNREACHED;
}

char program_license[] SEC("license") = "Dual BSD/GPL";
