/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The steps that the tc programs share; each hook's own file puts them in order. */
#ifndef TC_BPF_H
#define TC_BPF_H

#include "connection.bpf.h"
#include "service.bpf.h"
#include "translate.bpf.h"

/* The stack must see a packet whose TTL ends here as it was sent, to answer it. */
static __always_inline bool ttl_expires(const struct packet *p, enum forward forward)
{
	return p->ttl <= 1 && forward != FORWARD_STACK;
}

/* A packet of a known flow: translate and send it on its way. */
static __always_inline int serve_known(struct packet *p, struct connection *c, enum hook_side side)
{
	if (c->flags & CONNECTION_CONNECT_TIME) {
		/* What came through the host stack has been counted where it came in. */
		if (side == HOOK_INGRESS || !p->skb->ingress_ifindex)
			connection_touch(p, c, side);
		return pass(p->skb, REASON_TRACKED);
	}
	if (ttl_expires(p, c->forward))
		return pass(p->skb, REASON_TTL_EXPIRED);
	connection_touch(p, c, side);
	if (!packet_translate(p, c, c->forward != FORWARD_STACK))
		return drop(p->skb, REASON_WRITE_FAILED);
	return packet_forward(p, c);
}

/* A flow that connect() has already sent to a backend is entered into the table, so that it can be
 * seen there. */
static __always_inline int track_connect_time(struct packet *p)
{
	struct socket_key key = { .addr = p->key.dst, .port = p->key.dport };
	struct new_connection new = { .backend = p->key.dst,
				      .port = p->key.dport,
				      .flags = CONNECTION_CONNECT_TIME };
	struct connection c;
	struct socket *socket;
	enum reason why;

	key.cookie = bpf_get_socket_cookie(p->skb);
	if (!key.cookie)
		return pass(p->skb, REASON_NOT_SERVICE);
	socket = bpf_map_lookup_elem(&sockets, &key);
	if (!socket || socket->proto != p->key.proto)
		return pass(p->skb, REASON_NOT_SERVICE);
	new.service_id = socket->service_id;
	if (!connection_create(p, &new, &c, &why))
		return pass(p->skb, why);
	return pass(p->skb, REASON_TRACKED);
}

/* The first packet of a flow to a frontend: pick, record, translate, send. */
static __always_inline int serve_new(struct packet *p, const struct frontend *frontend,
				     enum hook_side side)
{
	struct new_connection new = { .service_id = frontend->service_id };
	struct slot *slot = backend_pick(frontend, bpf_get_prandom_u32());
	struct connection c;
	enum reason why;

	if (!slot)
		return pass(p->skb, frontend->slot_count ? REASON_SLOT_MISSING : REASON_NO_BACKEND);
	new.backend = slot->addr;
	new.port = slot->port;
	way_find(&new.request, p->skb, side, &p->key.src, &new.backend);
	if (side == HOOK_EGRESS && new.request.host)
		return pass(p->skb, REASON_HOST_TO_ITSELF);
	if (side == HOOK_INGRESS) {
		way_find(&new.reply, p->skb, side, &new.backend, &p->key.src);
		/* netfilter sees a flow whole or not at all: both translations on the client's
		 * device, or neither. */
		if (new.request.forward == FORWARD_STACK || new.reply.forward == FORWARD_STACK) {
			new.flags = CONNECTION_CLIENT_SIDE;
			new.request.forward = FORWARD_STACK;
			new.reply.forward = FORWARD_STACK;
		}
	}
	if (ttl_expires(p, new.request.forward))
		return pass(p->skb, REASON_TTL_EXPIRED);
	if (!connection_create(p, &new, &c, &why))
		return pass(p->skb, why);
	if (!packet_translate(p, &c, c.forward != FORWARD_STACK))
		return drop(p->skb, REASON_WRITE_FAILED);
	return packet_forward(p, &c);
}

/* What a packet that belongs to no tracked flow meets at the hooks where flows start. */
static __always_inline int serve_unknown(struct packet *p, enum hook_side side)
{
	struct frontend *frontend;

	if (!packet_opens(p))
		return pass(p->skb, REASON_NO_CONNECTION);
	frontend = frontend_find(&p->key.dst, p->key.dport, p->key.proto);
	if (frontend)
		return serve_new(p, frontend, side);
	return track_connect_time(p);
}

char program_license[] SEC("license") = "Dual BSD/GPL";

#endif
