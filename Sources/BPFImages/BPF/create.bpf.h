/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Enters a flow into the connection table. */
#ifndef CREATE_BPF_H
#define CREATE_BPF_H

#include "connection.bpf.h"

enum insertion { INSERTION_DONE, INSERTION_TAKEN, INSERTION_FULL };

/* Puts the reply's entry in place unless a living connection of somebody else owns its tuple. */
static __noinline int connection_insert_reply(const struct packet *p,
					      const struct connection_key *key,
					      const struct connection *reply)
{
	struct connection *owner;

	if (!bpf_map_update_elem(&connections, key, reply, BPF_NOEXIST))
		return INSERTION_DONE;
	owner = bpf_map_lookup_elem(&connections, key);
	if (owner && !connection_expired(owner, key->proto, p->now) && !connection_closed(owner)) {
		if (!(owner->flags & CONNECTION_REPLY) || !connection_is_twin(owner, &p->key))
			return INSERTION_TAKEN;
	}
	if (bpf_map_update_elem(&connections, key, reply, BPF_ANY))
		return INSERTION_FULL;
	return INSERTION_DONE;
}

/* What connection_create() makes a pair from. */
struct new_connection {
	struct addr source; /* as the backend sees it */
	struct addr backend;
	__be16 port;
	__u16 flags; /* enum connection_flag, for both entries */
	__u32 service_id;
	struct way request;
	struct way reply;
};

/* How often a source port is drawn when the client's own is taken at the backend. */
#define PORT_DRAWS 8

/*
 * Writes the reply's entry and leaves it in `c`. Where another connection owns the tuple, as when a
 * client uses one port for two services with the same backend, another source port takes the
 * client's place.
 */
static __always_inline bool connection_create_reply(const struct packet *p,
						    const struct new_connection *flow,
						    struct connection_key *key,
						    struct connection *c, enum reason *why)
{
	int insertion;

	__builtin_memset(key, 0, sizeof(*key));
	key->src = flow->backend;
	key->dst = flow->source;
	key->sport = flow->port;
	key->dport = p->key.sport;
	key->proto = p->key.proto;
	insertion = connection_insert_reply(p, key, c);
	*why = insertion == INSERTION_FULL ? REASON_TABLE_FULL : REASON_COLLISION;
	if (insertion != INSERTION_TAKEN)
		return insertion == INSERTION_DONE;
	/* The packets of a flow that is not rewritten here keep their port. */
	if (connection_is_unchanged(c) || addr_equal(&c->src, &flow->backend) || !config.port_count)
		return false;
	c->flags |= CONNECTION_PORT_REPLACED;
	for (int i = 0; i < PORT_DRAWS; i++) {
		__u32 offset = ((__u64)bpf_get_prandom_u32() * config.port_count) >> 32;

		key->dport = bpf_htons(config.port_first + offset);
		if (connection_insert_reply(p, key, c) == INSERTION_DONE) {
			count_packet(p->skb, REASON_PORT_REPLACED);
			return true;
		}
	}
	return false;
}

/*
 * Writes the request's entry. Another processor may have done so for another packet of the flow in
 * the meantime: then its choice counts, and `c` becomes that.
 */
static __always_inline bool connection_insert_request(const struct packet *p,
						      const struct connection_key *reply,
						      struct connection *c)
{
	struct connection *winner;

	if (!bpf_map_update_elem(&connections, &p->key, c, BPF_NOEXIST))
		return true;
	winner = bpf_map_lookup_elem(&connections, &p->key);
	if (winner && !connection_is_over(p, winner)) {
		if (!addr_equal(&winner->dst, &reply->src) || winner->dport != reply->sport ||
		    winner->sport != reply->dport)
			bpf_map_delete_elem(&connections, reply);
		*c = *winner;
		return true;
	}
	if (!bpf_map_update_elem(&connections, &p->key, c, BPF_ANY))
		return true;
	bpf_map_delete_elem(&connections, reply);
	return false;
}

/*
 * Writes the reply's entry, then the request's, and leaves the latter in `c`. Reply first: no
 * request may leave before its answer can be translated.
 */
static __always_inline bool connection_create(const struct packet *p,
					      const struct new_connection *flow,
					      struct connection *c, enum reason *why)
{
	struct connection_key key;

	__builtin_memset(c, 0, sizeof(*c));
	c->created = p->now;
	c->last_seen = p->now;
	c->service_id = flow->service_id;
	c->tcp_seen = tcp_seen_by(p, false);
	c->flags = flow->flags | CONNECTION_REPLY;
	c->src = p->key.dst;
	c->dst = p->key.src;
	c->sport = p->key.dport;
	c->dport = p->key.sport;
	connection_set_way(c, &flow->reply);
	c->from_ifindex = connection_origin(&flow->request);
	if (!connection_create_reply(p, flow, &key, c, why))
		return false;
	c->packets = 1;
	c->bytes = p->length;
	c->flags &= ~CONNECTION_REPLY;
	c->src = flow->source;
	c->dst = flow->backend;
	c->sport = key.dport;
	c->dport = flow->port;
	connection_set_way(c, &flow->request);
	c->from_ifindex = connection_origin(&flow->reply);
	*why = REASON_TABLE_FULL;
	if (!connection_insert_request(p, &key, c))
		return false;
	count_packet(p->skb, REASON_NEW_CONNECTION);
	return true;
}

#endif
