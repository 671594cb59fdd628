/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tells a tracer of packets. What a packet was before it was translated is not kept anywhere while
 * nobody traces: the other entry of its connection's pair says it.
 */
#ifndef TRACE_PACKET_BPF_H
#define TRACE_PACKET_BPF_H

#include "packet.bpf.h"
#include "route.bpf.h"
#include "trace.bpf.h"

_Static_assert(sizeof(struct connection_key) <= sizeof(((struct trace_room *)0)->key), "key");
_Static_assert(sizeof(struct ipv6hdr) <= sizeof(((struct trace_room *)0)->key), "key");

/* Whether the packet has been given its new addresses by now. */
static __always_inline bool reason_is_translated(__u32 reason)
{
	return reason == REASON_FORWARD_STACK || reason == REASON_FORWARD_PEER ||
	       reason == REASON_FORWARD_NEIGHBOR || reason == REASON_FORWARD_TUNNEL;
}

/* Where the IP header is that it is about. */
static __always_inline __u32 trace_header_offset(__u32 reason)
{
	__u32 header = FAMILY == 4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);

	/* The packet has become an error that quotes it. */
	if (reason == REASON_UNREACHABLE_SENT || reason == REASON_TOO_BIG_SENT)
		return L3_OFFSET + header + ICMP_HEADER;
	/* The overlay carries Ethernet frames. */
	return reason == REASON_FORWARD_TUNNEL ? ETH_HLEN : L3_OFFSET;
}

static __always_inline void trace_read_ports(struct __sk_buff *skb, struct trace_event *event,
					     __u32 l4)
{
	if (event->proto != IPPROTO_TCP && event->proto != IPPROTO_UDP)
		return;
	bpf_skb_load_bytes(skb, l4, &event->before.sport, 2 * sizeof(__be16));
	if (event->proto == IPPROTO_TCP)
		bpf_skb_load_bytes(skb, l4 + TCP_FLAGS_OFFSET, &event->tcp_flags,
				   sizeof(event->tcp_flags));
}

/* The packet as it is now; what it lacks stays zero. Ports behind extension headers are not looked
 * for. */
#if FAMILY == 4
static __always_inline void trace_read(struct __sk_buff *skb, struct trace_room *room, __u32 offset)
{
	struct trace_event *event = &room->event;
	struct iphdr *ip = (struct iphdr *)room->key;

	if (bpf_skb_load_bytes(skb, offset, ip, sizeof(*ip)))
		return;
	event->before.src[0] = ip->saddr;
	event->before.dst[0] = ip->daddr;
	event->proto = ip->protocol;
	if (!(ip->frag_off & bpf_htons(0x1fff)))
		trace_read_ports(skb, event, offset + ip->ihl * 4);
}
#else
static __always_inline void trace_read(struct __sk_buff *skb, struct trace_room *room, __u32 offset)
{
	struct trace_event *event = &room->event;
	struct ipv6hdr *ip = (struct ipv6hdr *)room->key;

	if (bpf_skb_load_bytes(skb, offset, ip, sizeof(*ip)))
		return;
	__builtin_memcpy(event->before.src, &ip->saddr, sizeof(event->before.src));
	__builtin_memcpy(event->before.dst, &ip->daddr, sizeof(event->before.dst));
	event->proto = ip->nexthdr;
	trace_read_ports(skb, event, offset + sizeof(*ip));
}
#endif

static __always_inline struct connection *trace_lookup(struct trace_room *room, __be32 *src,
						       __be32 *dst, __be16 sport, __be16 dport)
{
	struct connection_key *key = (struct connection_key *)room->key;

	__builtin_memset(key, 0, sizeof(*key));
	key->src = *trace_addr(src);
	key->dst = *trace_addr(dst);
	key->sport = sport;
	key->dport = dport;
	key->proto = room->event.proto;
	return bpf_map_lookup_elem(&connections, key);
}

static __always_inline void trace_note(struct trace_event *event, const struct connection *c)
{
	event->flags |= TRACE_KNOWN;
	event->connection_flags = c->flags;
	if (c->flags & CONNECTION_NO_SERVICE)
		return;
	event->flags |= TRACE_SERVICE;
	event->service_id = c->service_id;
}

/* Of a packet that bears its new addresses: what it was, from the entry of the other direction. */
static __always_inline void trace_undo(struct trace_room *room)
{
	struct trace_event *event = &room->event;
	struct trace_tuple *now = &event->before;
	struct connection *twin = trace_lookup(room, now->dst, now->src, now->dport, now->sport);

	event->after = event->before;
	event->flags |= TRACE_TRANSLATED;
	if (!twin)
		return;
	trace_note(event, twin);
	event->connection_flags ^= CONNECTION_REPLY;
	*trace_addr(event->before.src) = twin->dst;
	*trace_addr(event->before.dst) = twin->src;
	event->before.sport = twin->dport;
	event->before.dport = twin->sport;
}

/* Of a packet as it arrived: what its connection makes of it. */
static __always_inline struct connection *trace_own_entry(struct trace_room *room)
{
	struct trace_tuple *now = &room->event.before;

	return trace_lookup(room, now->src, now->dst, now->sport, now->dport);
}

static __always_inline void trace_foresee(struct trace_room *room)
{
	struct trace_event *event = &room->event;
	struct connection *c = trace_own_entry(room);

	if (!c)
		return;
	trace_note(event, c);
	*trace_addr(event->after.src) = c->src;
	*trace_addr(event->after.dst) = c->dst;
	event->after.sport = c->sport;
	event->after.dport = c->dport;
}

static __always_inline void trace_tell_node(struct trace_room *room)
{
	struct connection *c = trace_own_entry(room);

	if (c && c->forward == FORWARD_TUNNEL)
		*trace_addr(room->event.node) = c->next_hop;
}

/* As service_find(), without room on the stack. */
static __always_inline struct frontend *trace_frontend(struct trace_room *room)
{
	struct frontend_key *key = (struct frontend_key *)room->key;
	struct route_key *place = (struct route_key *)room->key;
	struct trace_event *event = &room->event;
	struct frontend *frontend;

	__builtin_memset(key, 0, sizeof(*key));
	key->addr = *trace_addr(event->before.dst);
	key->port = event->before.dport;
	key->proto = event->proto;
	frontend = bpf_map_lookup_elem(&frontends, key);
	if (frontend)
		return frontend;
	place->prefix_length = ADDR_BITS;
	place->addr = *trace_addr(event->before.dst);
	if (PROGRAM != TRACE_FROM_OVERLAY &&
	    !route_is_this_node(bpf_map_lookup_elem(&routes, place)))
		return NULL;
	__builtin_memset(key, 0, sizeof(*key));
	key->port = event->before.dport;
	key->proto = event->proto;
	return bpf_map_lookup_elem(&frontends, key);
}

static __noinline int trace_look_up(struct trace_room *room, __u32 reason)
{
	struct trace_event *event = &room->event;
	struct frontend *frontend;

	if (event->proto != IPPROTO_TCP && event->proto != IPPROTO_UDP)
		return 0;
	if (reason_is_translated(reason))
		trace_undo(room);
	else
		trace_foresee(room);
	if (reason == REASON_FORWARD_TUNNEL)
		trace_tell_node(room);
	if (event->flags & TRACE_KNOWN)
		return 0;
	frontend = trace_frontend(room);
	if (!frontend)
		return 0;
	event->flags |= TRACE_SERVICE;
	event->service_id = frontend->service_id;
	return 0;
}

/* Of its own to the verifier: every exit of every path calls it. */
__global int trace_packet(struct __sk_buff *skb, __u32 reason)
{
	__u64 now = bpf_ktime_get_ns();
	struct trace_room *room;
	struct trace_event *event;

	if (!trace_asks(reason, skb->ifindex, now))
		return 0;
	room = trace_room_find();
	if (!room)
		return 0;
	event = &room->event;
	__builtin_memset(event, 0, sizeof(*event));
	event->time = now;
	event->ifindex = skb->ifindex;
	event->length = skb->len;
	event->reason = reason;
	event->program = PROGRAM;
	if (skb->protocol == FAMILY_ETHERTYPE) {
		event->family = FAMILY;
		trace_read(skb, room, trace_header_offset(reason));
		trace_look_up(room, reason);
	}
	if (trace_matches(event))
		trace_send(room, event);
	return 0;
}

#endif
