/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The connection table: two entries a flow, each holding the translation of its own direction. */
#ifndef CONNECTION_BPF_H
#define CONNECTION_BPF_H

#include "forward.bpf.h"

#define SECOND 1000000000ULL
#define TCP_SEEN_BOTH_FIN (TCP_SEEN_CLIENT_FIN | TCP_SEEN_BACKEND_FIN)

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

static __always_inline bool connection_closed(const struct connection *c)
{
	return c->tcp_seen & TCP_SEEN_RESET ||
	       (c->tcp_seen & TCP_SEEN_BOTH_FIN) == TCP_SEEN_BOTH_FIN;
}

static __always_inline __u64 connection_timeout(const struct connection *c, __u8 proto)
{
	if (proto == IPPROTO_UDP)
		return config.udp_timeout;
	if (c->tcp_seen & TCP_SEEN_RESET)
		return config.reset_timeout;
	if ((c->tcp_seen & TCP_SEEN_BOTH_FIN) == TCP_SEEN_BOTH_FIN)
		return config.fin_timeout;
	return c->tcp_seen & TCP_SEEN_ACK ? config.established_timeout : config.syn_timeout;
}

static __always_inline bool connection_expired(const struct connection *c, __u8 proto, __u64 now)
{
	/* The coarse clock may lag behind another CPU's write. */
	return now > c->last_seen && now - c->last_seen > connection_timeout(c, proto);
}

/* A SYN of the client that meets a closed connection starts a new one. */
static __always_inline bool connection_reopened(const struct packet *p, const struct connection *c)
{
	return p->key.proto == IPPROTO_TCP && packet_opens(p) && !(c->flags & CONNECTION_REPLY) &&
	       connection_closed(c);
}

/* One lookup per packet: the entry that this packet's direction owns, NULL if there is none that
 * still counts. */
static __always_inline struct connection *connection_find(const struct packet *p)
{
	struct connection *c = bpf_map_lookup_elem(&connections, &p->key);

	if (!c)
		return NULL;
	if (connection_expired(c, p->key.proto, p->now) || connection_reopened(p, c)) {
		count(REASON_EXPIRED, p->length);
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

/* A route may have changed since the entry was made; whether the host stack takes part may not,
 * mid-connection. */
static __always_inline void connection_refresh_way(const struct packet *p, struct connection *c,
						   enum hook_side side)
{
	struct way way;

	if (c->forward == FORWARD_STACK)
		return;
	way_find(&way, p->skb, side, &c->src, &c->dst);
	if (way.forward == FORWARD_STACK)
		return;
	c->ifindex = way.ifindex;
	c->next_hop = way.next_hop;
	c->forward = way.forward;
}

/* Counts the packet; once a second, and whenever the TCP state moves, tells the twin as well. */
static __always_inline void connection_touch(const struct packet *p, struct connection *c,
					     enum hook_side side)
{
	__u8 seen = c->tcp_seen | tcp_seen_by(p, c->flags & CONNECTION_REPLY);
	struct connection_key key;
	struct connection *twin;

	__sync_fetch_and_add(&c->packets, 1);
	__sync_fetch_and_add(&c->bytes, p->length);
	if (seen == c->tcp_seen && p->now < c->last_seen + SECOND)
		return;
	c->tcp_seen = seen;
	c->last_seen = p->now;
	connection_twin_key(&key, c, p->key.proto);
	twin = bpf_map_lookup_elem(&connections, &key);
	if (twin) {
		twin->tcp_seen |= seen;
		twin->last_seen = p->now;
	}
	connection_refresh_way(p, c, side);
}

/* Puts the reply's entry in place unless a living connection of somebody else owns its tuple. */
static __always_inline long connection_insert_reply(const struct packet *p,
						    const struct connection_key *key,
						    const struct connection *reply)
{
	struct connection *owner;
	struct connection_key leads_to;

	if (!bpf_map_update_elem(&connections, key, reply, BPF_NOEXIST))
		return 0;
	owner = bpf_map_lookup_elem(&connections, key);
	if (owner && !connection_expired(owner, key->proto, p->now) && !connection_closed(owner)) {
		connection_twin_key(&leads_to, owner, key->proto);
		if (!(owner->flags & CONNECTION_REPLY) || !addr_equal(&leads_to.dst, &p->key.dst) ||
		    leads_to.dport != p->key.dport)
			return -1;
	}
	return bpf_map_update_elem(&connections, key, reply, BPF_ANY);
}

/* What connection_create() makes a pair from. */
struct new_connection {
	struct addr backend;
	__be16 port;
	__u16 flags; /* enum connection_flag, for both entries */
	__u32 service_id;
	struct way request;
	struct way reply;
};

static __always_inline void connection_set_way(struct connection *c, const struct way *way)
{
	c->next_hop = way->next_hop;
	c->ifindex = way->ifindex;
	c->forward = way->forward;
}

/*
 * Writes the reply's entry, then the request's, and leaves the latter in `c`. Reply first: no
 * request may leave before its answer can be translated.
 */
static __always_inline bool connection_create(const struct packet *p,
					      const struct new_connection *new,
					      struct connection *c, enum reason *why)
{
	struct connection_key key;

	__builtin_memset(c, 0, sizeof(*c));
	c->created = p->now;
	c->last_seen = p->now;
	c->service_id = new->service_id;
	c->tcp_seen = tcp_seen_by(p, false);
	c->flags = new->flags | CONNECTION_REPLY;
	c->src = p->key.dst;
	c->dst = p->key.src;
	c->sport = p->key.dport;
	c->dport = p->key.sport;
	connection_set_way(c, &new->reply);
	__builtin_memset(&key, 0, sizeof(key));
	key.src = new->backend;
	key.dst = p->key.src;
	key.sport = new->port;
	key.dport = p->key.sport;
	key.proto = p->key.proto;
	*why = REASON_COLLISION;
	if (connection_insert_reply(p, &key, c))
		return false;
	c->packets = 1;
	c->bytes = p->length;
	c->flags = new->flags;
	c->src = p->key.src;
	c->dst = new->backend;
	c->sport = p->key.sport;
	c->dport = new->port;
	connection_set_way(c, &new->request);
	*why = REASON_TABLE_FULL;
	if (bpf_map_update_elem(&connections, &p->key, c, BPF_ANY)) {
		bpf_map_delete_elem(&connections, &key);
		return false;
	}
	count(REASON_NEW_CONNECTION, p->length);
	return true;
}

#endif
