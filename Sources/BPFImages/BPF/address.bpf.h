/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The one place that knows how long an address is: FAMILY is 4 or 6, set by the compiler's command
 * line. */
#ifndef ADDRESS_BPF_H
#define ADDRESS_BPF_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "dataplane_abi.h"

#define AF_INET 2
#define AF_INET6 10

#if FAMILY == 4
#define FAMILY_MAP(name) name##_v4
#define FAMILY_AF AF_INET
#define FAMILY_ETHERTYPE bpf_htons(ETH_P_IP)
#define OTHER_ETHERTYPE bpf_htons(ETH_P_IPV6)
#define ADDR_WORDS 1
#else
#define FAMILY_MAP(name) name##_v6
#define FAMILY_AF AF_INET6
#define FAMILY_ETHERTYPE bpf_htons(ETH_P_IPV6)
#define OTHER_ETHERTYPE bpf_htons(ETH_P_IP)
#define ADDR_WORDS 4
#endif

#define ADDR_BITS (32 * ADDR_WORDS)

/* Without a branch a word, which the verifier would follow one by one. */
static __always_inline bool addr_equal(const struct addr *a, const struct addr *b)
{
	__u32 difference = 0;

#pragma unroll
	for (int i = 0; i < ADDR_WORDS; i++)
		difference |= a->word[i] ^ b->word[i];
	return !difference;
}

static __always_inline bool addr_is_zero(const struct addr *a)
{
	const struct addr zero = {};

	return addr_equal(a, &zero);
}

/* 127.0.0.0/8, ::1 */
static __always_inline bool addr_is_loopback(const struct addr *a)
{
#if FAMILY == 4
	return (a->word[0] & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000);
#else
	return !a->word[0] && !a->word[1] && !a->word[2] && a->word[3] == bpf_htonl(1);
#endif
}

/* 169.254.0.0/16, fe80::/10 */
static __always_inline bool addr_is_link_local(const struct addr *a)
{
	if (FAMILY == 4)
		return (a->word[0] & bpf_htonl(0xffff0000)) == bpf_htonl(0xa9fe0000);
	return (a->word[0] & bpf_htonl(0xffc00000)) == bpf_htonl(0xfe800000);
}

/* One's complement difference that replacing `old` by `new` makes in a checksum; unfolded. */
static __always_inline __u64 addr_sum_diff(const struct addr *old, const struct addr *new)
{
	__u64 sum = 0;

#pragma unroll
	for (int i = 0; i < ADDR_WORDS; i++)
		sum += (__u64)(__u32)~old->word[i] + new->word[i];
	return sum;
}

/* The 32-bit sum that bpf_l4_csum_replace() takes. */
static __always_inline __u32 sum_fold32(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	return (__u32)sum + (__u32)(sum >> 32);
}

static __always_inline __u16 sum_fold16(__u64 sum)
{
	__u32 folded = sum_fold32(sum);

	folded = (folded & 0xffff) + (folded >> 16);
	return (__u16)folded + (__u16)(folded >> 16);
}

#endif
