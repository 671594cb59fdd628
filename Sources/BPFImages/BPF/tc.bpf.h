/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The steps that the tc programs share; each hook's own file puts them in order. */
#ifndef TC_BPF_H
#define TC_BPF_H

#include "connection.bpf.h"
#include "service.bpf.h"
#include "translate.bpf.h"

/*
 * What every hook begins with. False when the packet is not to be looked at any further; `verdict`
 * is then the program's.
 */
static __always_inline bool packet_enter(struct packet *p, struct __sk_buff *skb,
					 enum hook_side side, int *verdict)
{
	enum reason why;
	bool done;

	if (skb->protocol != FAMILY_ETHERTYPE) {
		*verdict = pass_other_ethertype(skb);
		return false;
	}
	/* A mark that a device without a program has let through means nothing at ingress. */
	done = packet_is_done(skb);
	if (done && side == HOOK_EGRESS) {
		*verdict = TC_ACT_UNSPEC;
		return false;
	}
	if (!packet_parse(p, skb, &why)) {
		*verdict = pass(skb, why);
		return false;
	}
	return true;
}

/* The stack must see a packet whose TTL ends here as it was sent, to answer it. */
static __always_inline bool ttl_expires(const struct packet *p, enum hook_side side, __u8 forward)
{
	/* At egress the stack has counted already. */
	return side == HOOK_INGRESS && forward != FORWARD_STACK && p->ttl <= 1;
}

static __always_inline int translate_and_forward(struct packet *p, const struct connection *c,
						 enum hook_side side)
{
	if (!packet_translate(p, c, side == HOOK_INGRESS && c->forward != FORWARD_STACK))
		return drop(p->skb, REASON_WRITE_FAILED);
	return packet_forward(p, c);
}

/* A connect-time flow: what came through the host stack has been counted where it came in. */
static __always_inline int serve_tracked(struct packet *p, struct connection *c,
					 enum hook_side side)
{
	if (side == HOOK_INGRESS || !p->skb->ingress_ifindex)
		connection_touch(p, c, side);
	return pass(p->skb, REASON_TRACKED);
}

/* A packet of a known flow: translate and send it on its way. */
static __always_inline int serve_known(struct packet *p, struct connection *c, enum hook_side side)
{
	struct connection now;

	if (c->flags & CONNECTION_CONNECT_TIME)
		return serve_tracked(p, c, side);
	if (ttl_expires(p, side, c->forward))
		return pass(p->skb, REASON_TTL_EXPIRED);
	connection_touch(p, c, side);
	/* The entry may be given to another flow at any moment: one copy, one translation. */
	now = *c;
	if (side == HOOK_EGRESS && now.forward != FORWARD_NEIGHBOR) {
		struct way way;

		way_find(&way, p->skb, side, &now.src, &now.dst);
		if (way.forward != FORWARD_NEIGHBOR)
			return pass(p->skb, REASON_NO_WAY);
		connection_set_way(&now, &way);
	}
	return translate_and_forward(p, &now, side);
}

/* A reply that the host stack has brought to the client's device: it only has to be translated. */
static __always_inline int serve_delivered(struct packet *p, struct connection *c)
{
	struct connection now;

	if (c->flags & CONNECTION_CONNECT_TIME)
		return serve_tracked(p, c, HOOK_EGRESS);
	connection_count(p, c);
	now = *c;
	now.forward = FORWARD_STACK;
	return translate_and_forward(p, &now, HOOK_EGRESS);
}

/* A flow that connect() has already sent to a backend is entered into the table, to be seen. */
static __always_inline int track_connect_time(struct packet *p)
{
	struct socket_key key = { .addr = p->key.dst, .port = p->key.dport };
	struct new_connection flow = { .source = p->key.src,
				       .backend = p->key.dst,
				       .port = p->key.dport,
				       .flags = CONNECTION_CONNECT_TIME };
	struct connection c;
	struct socket *socket;
	enum reason why;

	if (!connect_time_serves(p->key.proto))
		return pass(p->skb, REASON_NOT_SERVICE);
	key.cookie = bpf_get_socket_cookie(p->skb);
	if (!key.cookie)
		return pass(p->skb, REASON_NOT_SERVICE);
	socket = bpf_map_lookup_elem(&sockets, &key);
	if (!socket || socket->proto != p->key.proto)
		return pass(p->skb, REASON_NOT_SERVICE);
	flow.service_id = socket->service_id;
	if (!connection_create(p, &flow, &c, &why))
		return pass(p->skb, why);
	return pass(p->skb, REASON_TRACKED);
}

/* A pod that sends from another pod's address is left to the host stack's reverse path filter. */
static __always_inline bool is_spoofed(const struct packet *p, const struct way *reply)
{
	return reply->forward == FORWARD_PEER && reply->ifindex != p->skb->ifindex;
}

/* netfilter sees a flow whole or not at all: translated on the client's device only, or past it. */
static __always_inline void choose_ways(struct packet *p, struct new_connection *flow)
{
	way_find(&flow->request, p->skb, HOOK_INGRESS, &flow->source, &flow->backend);
	way_find(&flow->reply, p->skb, HOOK_INGRESS, &flow->backend, &p->key.src);
	if (flow->request.forward != FORWARD_STACK && flow->reply.forward != FORWARD_STACK &&
	    !is_spoofed(p, &flow->reply))
		return;
	flow->flags |= CONNECTION_CLIENT_SIDE;
	flow->request.forward = FORWARD_STACK;
	flow->reply.forward = FORWARD_STACK;
}

/* A pod that is its own backend sees a reserved address as the client: it would drop its own. */
static __always_inline void choose_hairpin_ways(struct packet *p, struct new_connection *flow)
{
	flow->source = hairpin_address();
	flow->flags |= CONNECTION_HAIRPIN;
	way_find_hairpin(&flow->request, p->skb, &flow->source, &flow->backend);
	flow->reply = flow->request;
}

/* False when the flow cannot be sent on from here; `why` is then the exit to take. */
static __always_inline bool choose_way(struct packet *p, struct new_connection *flow,
				       enum hook_side side, enum reason *why)
{
	if (side == HOOK_EGRESS) {
		way_find(&flow->request, p->skb, side, &flow->source, &flow->backend);
		*why = flow->request.host ? REASON_HOST_TO_ITSELF : REASON_NO_WAY;
		return flow->request.forward != FORWARD_STACK;
	}
	if (addr_equal(&flow->backend, &p->key.src)) {
		choose_hairpin_ways(p, flow);
		*why = REASON_NO_WAY;
		return flow->request.forward != FORWARD_STACK;
	}
	choose_ways(p, flow);
	return true;
}

/* The first packet of a flow to a frontend: pick, record, translate, send. */
static __always_inline int serve_new(struct packet *p, const struct frontend *frontend,
				     enum hook_side side)
{
	struct new_connection flow = { .source = p->key.src, .service_id = frontend->service_id };
	struct slot *slot = backend_pick(frontend, bpf_get_prandom_u32());
	struct connection c;
	enum reason why;

	if (!slot)
		return pass(p->skb, frontend->slot_count ? REASON_SLOT_MISSING : REASON_NO_BACKEND);
	flow.backend = slot->addr;
	flow.port = slot->port;
	if (!choose_way(p, &flow, side, &why))
		return pass(p->skb, why);
	if (ttl_expires(p, side, flow.request.forward))
		return pass(p->skb, REASON_TTL_EXPIRED);
	if (!connection_create(p, &flow, &c, &why))
		return pass(p->skb, why);
	return translate_and_forward(p, &c, side);
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
	connection_forget_predecessor(p);
	return track_connect_time(p);
}

char program_license[] SEC("license") = "Dual BSD/GPL";

#endif
