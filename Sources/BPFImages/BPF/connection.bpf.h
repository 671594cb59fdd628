/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The connection table: two entries a flow, each holding the translation of its own direction. */
#ifndef CONNECTION_BPF_H
#define CONNECTION_BPF_H

#include "forward.bpf.h"

#define TCP_SEEN_BOTH_FIN (TCP_SEEN_CLIENT_FIN | TCP_SEEN_BACKEND_FIN)

/* Whether nothing of such packets is translated. */
static __always_inline bool connection_is_unchanged(const struct connection *c)
{
	return c->flags & (CONNECTION_CONNECT_TIME | CONNECTION_NO_SERVICE);
}

/* The key of the other entry of the pair. */
static __always_inline void connection_twin_key(struct connection_key *twin,
						const struct connection *c, __u8 proto)
{
	__builtin_memset(twin, 0, sizeof(*twin));
	twin->src = c->dst;
	twin->dst = c->src;
	twin->sport = c->dport;
	twin->dport = c->sport;
	twin->proto = proto;
}

/* Whether `twin` is the other entry of the pair that `key` belongs to, not its successor. */
static __always_inline bool connection_is_twin(const struct connection *twin,
					       const struct connection_key *key)
{
	return addr_equal(&twin->dst, &key->src) && addr_equal(&twin->src, &key->dst) &&
	       twin->dport == key->sport && twin->sport == key->dport;
}

/* With direct server return the first node sees one direction only, so one FIN ends it. */
static __always_inline bool connection_finished(const struct connection *c)
{
	__u8 fins = c->tcp_seen & TCP_SEEN_BOTH_FIN;

	return c->flags & CONNECTION_DSR ? fins : fins == TCP_SEEN_BOTH_FIN;
}

static __always_inline bool connection_closed(const struct connection *c)
{
	return c->tcp_seen & TCP_SEEN_RESET || connection_finished(c);
}

static __always_inline __u64 connection_timeout(const struct connection *c, __u8 proto)
{
	if (proto == IPPROTO_UDP)
		return config.udp_timeout;
	if (c->tcp_seen & TCP_SEEN_RESET)
		return config.reset_timeout;
	if (connection_finished(c))
		return config.fin_timeout;
	return c->tcp_seen & TCP_SEEN_ACK ? config.established_timeout : config.syn_timeout;
}

static __always_inline bool connection_expired(const struct connection *c, __u8 proto, __u64 now)
{
	/* Which timeout it is does not matter to most packets. The coarse clock may lag behind
	 * another CPU's write. */
	if (now < c->last_seen + SECOND)
		return false;
	return now - c->last_seen > connection_timeout(c, proto);
}

/* A SYN of the client that meets a closed connection starts a new one. */
static __always_inline bool connection_reopened(const struct packet *p, const struct connection *c)
{
	return p->key.proto == IPPROTO_TCP && packet_opens(p) && !(c->flags & CONNECTION_REPLY) &&
	       connection_closed(c);
}

/*
 * This node once sent the flow through the overlay, and now gets it from there: its place is here
 * by now, and to send it on would make two nodes throw it at each other for ever.
 */
static __always_inline bool connection_came_back(const struct packet *p, const struct connection *c)
{
	return p->origin == ORIGIN_OVERLAY && c->forward == FORWARD_TUNNEL &&
	       !(c->flags & CONNECTION_REPLY);
}

/* Whether the entry no longer says what becomes of the packet. */
static __always_inline bool connection_is_over(const struct packet *p, const struct connection *c)
{
	return connection_expired(c, p->key.proto, p->now) || connection_reopened(p, c) ||
	       connection_came_back(p, c);
}

/* One lookup per packet: the entry that this packet's direction owns, NULL if there is none that
 * still counts. */
static __always_inline struct connection *connection_find(struct packet *p)
{
	struct connection *c = bpf_map_lookup_elem(&connections, &p->key);

	if (!c)
		return NULL;
	packet_tell_time(p);
	if (connection_is_over(p, c)) {
		count_packet(p->skb, REASON_EXPIRED);
		return NULL;
	}
	return c;
}

static __always_inline __u8 tcp_seen_by(const struct packet *p, bool reply)
{
	__u8 seen = 0;

	if (p->key.proto != IPPROTO_TCP)
		return 0;
	if (p->tcp_flags & TCP_RST)
		seen |= TCP_SEEN_RESET;
	if (p->tcp_flags & TCP_FIN)
		seen |= reply ? TCP_SEEN_BACKEND_FIN : TCP_SEEN_CLIENT_FIN;
	if (p->tcp_flags & TCP_SYN)
		seen |= reply ? TCP_SEEN_SYN_ACK : TCP_SEEN_SYN;
	else if (!reply && p->tcp_flags & TCP_ACK)
		seen |= TCP_SEEN_ACK;
	return seen;
}

/* What has been seen before, but for a reset that an end has ignored: who goes on sending did not
 * find its sequence number right. */
static __always_inline __u8 tcp_still_seen(const struct packet *p, const struct connection *c)
{
	bool goes_on = (p->tcp_flags & (TCP_ACK | TCP_SYN | TCP_RST)) == TCP_ACK;

	return goes_on ? c->tcp_seen & ~TCP_SEEN_RESET : c->tcp_seen;
}

/* The device of the pod that a way leads into: what the pod answers comes in by it. Of one on
 * another node, no workload's device at all. */
static __always_inline __u32 connection_origin(const struct way *way)
{
	if (way->forward == FORWARD_PEER)
		return way->ifindex;
	return way->forward == FORWARD_NEIGHBOR && !way->local ? FROM_UPLINK : FROM_ANYWHERE;
}

/* Whether a workload sends the packet that it does not belong to. */
static __always_inline bool connection_is_forged(const struct packet *p, const struct connection *c)
{
	if (c->from_ifindex == FROM_ANYWHERE)
		return false;
	if (p->origin == ORIGIN_OUTSIDE && c->from_ifindex == FROM_UPLINK)
		return false;
	return c->from_ifindex != p->skb->ifindex;
}

static __always_inline void connection_set_way(struct connection *c, const struct way *way)
{
	c->next_hop = way->next_hop;
	c->ifindex = way->ifindex;
	c->forward = way->forward;
}

/* Whether the entry's packets go to a client outside. */
static __always_inline bool connection_leads_outside(const struct connection *c)
{
	return c->flags & CONNECTION_OUTSIDE && c->flags & CONNECTION_REPLY;
}

/* A route may have changed since the entry was made; whether the host stack takes part may not,
 * mid-connection. */
static __noinline int connection_refresh_way(const struct packet *p, struct connection *c)
{
	struct way way;

	if (c->forward == FORWARD_STACK || c->forward == FORWARD_TUNNEL ||
	    c->flags & CONNECTION_HAIRPIN)
		return 0;
	if (connection_leads_outside(c))
		way_find_outside(&way, p->skb, &c->src, &c->dst);
	else
		way_find(&way, p->skb, p->side, &c->src, &c->dst);
	/* What is not translated may go on through the stack. */
	if (way.forward != FORWARD_STACK || connection_is_unchanged(c))
		connection_set_way(c, &way);
	return 0;
}

/* Replies that go through the overlay follow the request, which may come by another node by now, or
 * without any. */
static __always_inline void connection_turn_reply(const struct packet *p, struct connection *reply)
{
	struct addr sender;
	struct way way;

	if (reply->forward != FORWARD_TUNNEL || !(reply->flags & CONNECTION_REPLY))
		return;
	if (p->origin == ORIGIN_OVERLAY) {
		if (overlay_sender(p->skb, &sender) && !addr_equal(&sender, &reply->next_hop))
			reply->next_hop = sender;
		return;
	}
	if (p->origin != ORIGIN_OUTSIDE)
		return;
	if (reply->flags & CONNECTION_CLIENT_SIDE) {
		reply->forward = FORWARD_STACK;
		return;
	}
	way_find_outside(&way, p->skb, &reply->src, &reply->dst);
	if (way.forward != FORWARD_STACK)
		connection_set_way(reply, &way);
}

/* Lets the other entry of the pair know what this one has seen. */
static __noinline int connection_tell_twin(const struct packet *p, const struct connection *c)
{
	struct connection_key key;
	struct connection *twin;

	connection_twin_key(&key, c, p->key.proto);
	twin = bpf_map_lookup_elem(&connections, &key);
	if (!twin || !connection_is_twin(twin, &p->key))
		return 0;
	twin->tcp_seen = (twin->tcp_seen & ~TCP_SEEN_RESET) | c->tcp_seen;
	/* A second behind, so that its own packets still look after their way. */
	if (twin->last_seen + SECOND < c->last_seen)
		twin->last_seen = c->last_seen - SECOND;
	if (c->forward == FORWARD_PEER)
		twin->from_ifindex = c->ifindex;
	else if (twin->from_ifindex != FROM_UPLINK)
		twin->from_ifindex = FROM_ANYWHERE;
	connection_turn_reply(p, twin);
	return 0;
}

/* Counts the packet. Once a second looks after the way, if `moves` wants it; then, and whenever the
 * TCP state moves, tells the twin as well. */
static __always_inline void connection_note(const struct packet *p, struct connection *c,
					    bool moves)
{
	__u8 seen = tcp_still_seen(p, c) | tcp_seen_by(p, c->flags & CONNECTION_REPLY);
	bool aged = p->now >= c->last_seen + SECOND;

	/* Relaxed: a stronger order compiles to the fetching add, which Linux 5.12 brought. */
	__atomic_fetch_add(&c->packets, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&c->bytes, p->length, __ATOMIC_RELAXED);
	if (seen == c->tcp_seen && !aged)
		return;
	c->tcp_seen = seen;
	c->last_seen = p->now;
	if (aged && moves)
		connection_refresh_way(p, c);
	connection_tell_twin(p, c);
}

/* What the host stack delivers. */
static __always_inline void connection_count(const struct packet *p, struct connection *c)
{
	connection_note(p, c, false);
}

static __always_inline void connection_touch(const struct packet *p, struct connection *c)
{
	connection_note(p, c, true);
}

/*
 * A SYN to the backend itself, with the client's port of a connection through the service that is
 * over: the reply's entry left behind would turn the answer into the service's.
 */
static __noinline int connection_forget_predecessor(const struct packet *p)
{
	struct connection_key reply = { .src = p->key.dst,
					.dst = p->key.src,
					.sport = p->key.dport,
					.dport = p->key.sport,
					.proto = p->key.proto };
	struct connection *c;

	if (p->key.proto != IPPROTO_TCP)
		return 0;
	c = bpf_map_lookup_elem(&connections, &reply);
	if (!c || !(c->flags & CONNECTION_REPLY))
		return 0;
	/* A living one may be this very flow, translated and on its way through the host stack. */
	if (connection_expired(c, p->key.proto, p->now) || connection_closed(c))
		bpf_map_delete_elem(&connections, &reply);
	return 0;
}

#endif
