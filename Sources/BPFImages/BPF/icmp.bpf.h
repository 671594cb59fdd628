/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Answers a packet with an ICMP error, in its own buffer. */
#ifndef ICMP_BPF_H
#define ICMP_BPF_H

#include "forward.bpf.h"

#define ICMP_TTL 64
#define QUOTE_MIN 28 /* the shortest header and 8 bytes */

#if FAMILY == 4
#define QUOTE_MAX 68 /* the longest header and 8 bytes, what RFC 792 wants */
#define ICMP_PORT_UNREACHABLE_TYPE 3
#define ICMP_PORT_UNREACHABLE_CODE 3
#define ICMP_TOO_BIG_TYPE 3
#define ICMP_TOO_BIG_CODE 4

struct icmp_error {
	struct iphdr ip;
	__u8 type;
	__u8 code;
	__u16 check;
	__be16 unused;
	__be16 mtu;
	__u8 quote[QUOTE_MAX];
};

static __always_inline void icmp_set_mtu(struct icmp_error *error, __u32 mtu)
{
	error->mtu = bpf_htons(mtu);
}

static __always_inline void icmp_fill(struct icmp_error *error, __u32 size)
{
	const struct iphdr *quoted = (const void *)error->quote;

	error->ip = (struct iphdr){ .version = 4,
				    .ihl = 5,
				    .tot_len = bpf_htons(size),
				    .ttl = ICMP_TTL,
				    .protocol = IPPROTO_ICMP,
				    .saddr = quoted->daddr,
				    .daddr = quoted->saddr };
	error->ip.check =
		~sum_fold16(bpf_csum_diff(NULL, 0, (void *)&error->ip, sizeof(error->ip), 0));
	error->check = ~sum_fold16(bpf_csum_diff(NULL, 0, (void *)&error->type,
						 sizeof(*error) - sizeof(error->ip), 0));
}
#else
#define QUOTE_MAX 96 /* a header with some extensions and 8 bytes */
#define ICMP_PORT_UNREACHABLE_TYPE 1
#define ICMP_PORT_UNREACHABLE_CODE 4
#define ICMP_TOO_BIG_TYPE 2
#define ICMP_TOO_BIG_CODE 0

struct icmp_error {
	struct ipv6hdr ip;
	__u8 type;
	__u8 code;
	__u16 check;
	__be32 mtu;
	__u8 quote[QUOTE_MAX];
};

static __always_inline void icmp_set_mtu(struct icmp_error *error, __u32 mtu)
{
	error->mtu = bpf_htonl(mtu);
}

static __always_inline void icmp_fill(struct icmp_error *error, __u32 size)
{
	const struct ipv6hdr *quoted = (const void *)error->quote;
	__u32 length = size - sizeof(error->ip);
	__u64 sum;

	error->ip.version = 6;
	error->ip.payload_len = bpf_htons(length);
	error->ip.nexthdr = IPPROTO_ICMPV6;
	error->ip.hop_limit = ICMP_TTL;
	error->ip.saddr = quoted->daddr;
	error->ip.daddr = quoted->saddr;
	sum = bpf_csum_diff(NULL, 0, (void *)&error->ip.saddr, 2 * sizeof(error->ip.saddr),
			    bpf_htonl(length) + bpf_htonl(IPPROTO_ICMPV6));
	error->check = ~sum_fold16(bpf_csum_diff(NULL, 0, (void *)&error->type,
						 sizeof(*error) - sizeof(error->ip), sum));
}
#endif

/* Sends the frame back to where it came from. */
static __always_inline bool icmp_turn_frame(struct __sk_buff *skb)
{
	__u8 old[2 * ETH_ALEN], new[2 * ETH_ALEN];

	if (configured(CONFIG_NO_ETHERNET))
		return true;
	if (bpf_skb_load_bytes(skb, 0, old, sizeof(old)))
		return false;
	__builtin_memcpy(new, old + ETH_ALEN, ETH_ALEN);
	__builtin_memcpy(new + ETH_ALEN, old, ETH_ALEN);
	return !bpf_skb_store_bytes(skb, 0, new, sizeof(new), 0);
}

_Static_assert(sizeof(struct icmp_error) <= sizeof(struct scratch), "icmp_error");

enum answer { ANSWER_READY, ANSWER_IMPOSSIBLE, ANSWER_BROKEN };

/* Turns the packet into an error about itself, from the address it was sent to. Where that is
 * impossible it is left as it was. */
__global int icmp_answer(struct __sk_buff *skb, __u32 l4, __u32 type_code, __u32 mtu)
{
	struct icmp_error *error = scratch_take(SCRATCH_ICMP);
	__u64 quote = l4 - L3_OFFSET + 8;
	__u64 size;

	if (!error || quote < QUOTE_MIN)
		return ANSWER_IMPOSSIBLE;
	/* Two comparisons, not one with a difference, which verifiers of old do not follow. */
	barrier_var(quote);
	if (quote > QUOTE_MAX)
		return ANSWER_IMPOSSIBLE;
	error->type = type_code >> 8;
	error->code = type_code & 0xff;
	if (bpf_skb_load_bytes(skb, L3_OFFSET, error->quote, quote))
		return ANSWER_IMPOSSIBLE;
	size = sizeof(*error) - QUOTE_MAX + quote;
	if (mtu)
		icmp_set_mtu(error, mtu);
	icmp_fill(error, size);
	if (bpf_skb_change_tail(skb, L3_OFFSET + size, 0))
		return ANSWER_IMPOSSIBLE;
	if (bpf_skb_store_bytes(skb, L3_OFFSET, error, size, 0) || !icmp_turn_frame(skb))
		return ANSWER_BROKEN;
	return ANSWER_READY;
}

/* To the sender: out of the device the packet came in by, or back into the host stack it left. */
static __always_inline int icmp_send(struct packet *p, enum reason sent)
{
	count_packet(p->skb, sent);
	return bpf_redirect(p->skb->ifindex, p->side == HOOK_INGRESS ? 0 : BPF_F_INGRESS) &
	       VERDICT_MASK;
}

/* As a closed port answers. */
static __always_inline int refuse(struct packet *p)
{
	__u32 kind = ICMP_PORT_UNREACHABLE_TYPE << 8 | ICMP_PORT_UNREACHABLE_CODE;

	switch (icmp_answer(p->skb, p->l4, kind, 0)) {
	case ANSWER_READY:
		return icmp_send(p, REASON_UNREACHABLE_SENT);
	case ANSWER_IMPOSSIBLE:
		return pass(p->skb, REASON_NO_BACKEND);
	default:
		return drop(p->skb, REASON_WRITE_FAILED);
	}
}

/* Says what fits the overlay; the packet itself is gone, as on any router. */
static __always_inline int refuse_too_big(struct packet *p)
{
	__u32 kind = ICMP_TOO_BIG_TYPE << 8 | ICMP_TOO_BIG_CODE;

	if (icmp_answer(p->skb, p->l4, kind, overlay_mtu()) == ANSWER_READY)
		return icmp_send(p, REASON_TOO_BIG_SENT);
	return drop(p->skb, REASON_WRITE_FAILED);
}

#endif
