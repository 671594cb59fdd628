/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Keeps TCP from sending what does not fit the overlay. */
#ifndef MSS_BPF_H
#define MSS_BPF_H

#include "overlay.bpf.h"

#define TCP_OPTIONS_MAX 10 /* that are looked at; MSS is the first one nearly always */
#define TCP_OPTION_END 0
#define TCP_OPTION_NOP 1
#define TCP_OPTION_MSS 2
#define TCP_MSS_CHECKSUM 16
#define MSS_HEADERS (TCP_HEADER_MIN + (FAMILY == 4 ? 20 : 40))

struct tcp_option {
	__u8 kind;
	__u8 length;
	__be16 value;
};

/* As the checksum has it, whose 16-bit words may begin in the middle of the option's value. */
static __always_inline __u16 mss_word(__be16 mss, bool odd)
{
	return odd ? __builtin_bswap16(mss) : mss;
}

static __always_inline bool mss_lower(struct __sk_buff *skb, __u32 l4, __u32 at, __be16 old)
{
	__be16 new = bpf_htons(overlay_mtu() - MSS_HEADERS);
	bool odd = (at - l4) & 1;

	if (bpf_ntohs(old) <= bpf_ntohs(new))
		return true;
	return !bpf_l4_csum_replace(skb, l4 + TCP_MSS_CHECKSUM, mss_word(old, odd),
				    mss_word(new, odd), sizeof(new)) &&
	       !bpf_skb_store_bytes(skb, at + offsetof(struct tcp_option, value), &new, sizeof(new),
				    0);
}

/* Lowers the MSS that a SYN offers; `end` is that of the datagram. False only if a write failed. */
__global int mss_clamp(struct __sk_buff *skb, __u32 l4, __u32 end)
{
	struct tcp_option option;
	__u32 at = l4 + TCP_HEADER_MIN;
	__u8 words;

	if (bpf_skb_load_bytes(skb, l4 + 12, &words, sizeof(words)))
		return true;
	for (int i = 0; i < TCP_OPTIONS_MAX; i++) {
		if (at + sizeof(option) > end || at + sizeof(option) > l4 + (words >> 4) * 4 ||
		    bpf_skb_load_bytes(skb, at, &option, sizeof(option)) ||
		    option.kind == TCP_OPTION_END)
			return true;
		if (option.kind == TCP_OPTION_MSS)
			return mss_lower(skb, l4, at, option.value);
		if (option.kind == TCP_OPTION_NOP)
			at++;
		else if (option.length < 2)
			return true;
		else
			at += option.length;
	}
	return true;
}

#endif
