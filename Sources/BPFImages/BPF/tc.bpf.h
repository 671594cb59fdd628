/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The steps that the tc programs share; each hook's own file puts them in order. */
#ifndef TC_BPF_H
#define TC_BPF_H

#include "icmp.bpf.h"
#include "mss.bpf.h"
#include "service.bpf.h"
#include "trace_packet.bpf.h"
#include "translate.bpf.h"
#include "ways.bpf.h"

/* What a step returns that has said in `t` what becomes of the packet. Any smaller value is the
 * program's verdict, as verifiers can tell that do not follow inequality. */
#define TRANSLATE (VERDICT_MASK + 1)

/* A pair in the making and the request's entry of it. */
struct making {
	struct new_connection flow;
	struct connection request;
	struct frontend frontend; /* one copy: a writer may replace the entry meanwhile */
};

_Static_assert(sizeof(struct making) <= sizeof(struct scratch), "making");

/*
 * What every hook begins with. False when the packet is not to be looked at any further; `verdict`
 * is then the program's.
 */
static __always_inline bool packet_enter(struct packet *p, struct __sk_buff *skb, int *verdict)
{
	enum reason why;
	bool done;

	if (skb->protocol != FAMILY_ETHERTYPE) {
		*verdict = pass_other_ethertype(skb);
		return false;
	}
	/* A mark that a device without a program has let through means nothing at ingress. */
	done = packet_is_done(skb);
	if (done && p->side == HOOK_EGRESS) {
		*verdict = TC_ACT_UNSPEC;
		return false;
	}
	if (!packet_parse(p, skb, &why)) {
		*verdict = pass(skb, why);
		return false;
	}
	return true;
}

/* Whether our program takes the place of the host stack that would count the TTL down. */
static __always_inline bool is_hop(const struct packet *p, __u8 forward)
{
	return p->side == HOOK_INGRESS && (forward == FORWARD_PEER || forward == FORWARD_NEIGHBOR);
}

/* The stack must see a packet whose TTL ends here as it was sent, to answer it. */
static __always_inline bool ttl_expires(const struct packet *p, __u8 forward)
{
	return is_hop(p, forward) && p->ttl <= 1;
}

static __always_inline int translate_and_forward(struct packet *p, struct translation *t)
{
	if (t->forward == FORWARD_TUNNEL && overlay_too_big(p))
		return refuse_too_big(p);
	if (!packet_translate(p, t, is_hop(p, t->forward)))
		return drop(p->skb, REASON_WRITE_FAILED);
	if (t->flags & CONNECTION_TUNNEL && p->tcp_flags & TCP_SYN &&
	    !mss_clamp(p->skb, p->l4, p->end))
		return drop(p->skb, REASON_WRITE_FAILED);
	return packet_forward(p, t);
}

/* Whether the packet is only to be seen: it is not translated, and goes through the host stack. */
static __always_inline bool is_only_tracked(const struct packet *p, const struct connection *c)
{
	return connection_is_unchanged(c) &&
	       (p->side == HOOK_EGRESS || c->forward == FORWARD_STACK);
}

/* What came through the host stack has been counted where it came in. */
static __always_inline int serve_tracked(struct packet *p, struct connection *c)
{
	if (p->side == HOOK_INGRESS || !p->skb->ingress_ifindex)
		connection_count(p, c);
	return pass(p->skb, REASON_TRACKED);
}

/* A packet of a known flow: translate and send it on its way. */
static __always_inline int serve_known(struct packet *p, struct connection *c,
				       struct translation *t)
{
	if (is_only_tracked(p, c))
		return serve_tracked(p, c);
	if (ttl_expires(p, c->forward))
		return pass(p->skb, REASON_TTL_EXPIRED);
	connection_touch(p, c);
	translation_copy(t, c);
	if (p->side == HOOK_EGRESS && t->forward != FORWARD_NEIGHBOR) {
		struct way way;

		way_find(&way, p->skb, p->side, &t->ip.src, &t->ip.dst);
		if (way.forward != FORWARD_NEIGHBOR)
			return pass(p->skb, REASON_NO_WAY);
		translation_set_way(t, &way);
	}
	return TRANSLATE;
}

/* A reply that the host stack has brought to the client's device: it only has to be translated, or
 * sent to the node that the client came by. */
static __always_inline int serve_delivered(struct packet *p, struct connection *c,
					   struct translation *t)
{
	if (connection_is_unchanged(c))
		return serve_tracked(p, c);
	connection_count(p, c);
	translation_copy(t, c);
	if (t->forward != FORWARD_TUNNEL)
		t->forward = FORWARD_STACK;
	return TRANSLATE;
}

/* The service of a flow that connect() has already sent to a backend; NULL if it did not. */
static __always_inline struct socket *connect_time_socket(struct packet *p)
{
	struct socket_key key = { .addr = p->key.dst, .port = p->key.dport };
	struct socket *socket;

	if (!connect_time_serves(p->key.proto))
		return NULL;
	key.cookie = bpf_get_socket_cookie(p->skb);
	if (!key.cookie)
		return NULL;
	socket = bpf_map_lookup_elem(&sockets, &key);
	return socket && socket->proto == p->key.proto ? socket : NULL;
}

/*
 * This node, or a pod behind its address, sends from a port that is a node port as well: the answer
 * must not be taken for a request to that. TCP's answers open nothing.
 */
static __always_inline bool is_sent_from_node_port(struct packet *p)
{
	return p->side == HOOK_EGRESS && p->key.proto == IPPROTO_UDP &&
	       node_port_find(p->key.sport, IPPROTO_UDP) &&
	       route_is_this_node(route_find(&p->key.src));
}

/*
 * What is translated by nobody is entered into the table all the same, if its answers have to be
 * known, or if connect() has already sent it to a backend: to be seen, and to go past the host
 * stack as it would if it were translated. Traffic that names no service is nobody's of ours.
 */
static __noinline int serve_unchanged(struct packet *p, struct translation *t)
{
	struct socket *socket = p->origin == ORIGIN_INSIDE ? connect_time_socket(p) : NULL;
	struct new_connection *flow;
	struct making *making;
	enum reason why;
	bool direct;

	if (!socket && !is_sent_from_node_port(p))
		return pass(p->skb, REASON_NOT_SERVICE);
	making = scratch_take(SCRATCH_CONNECTION);
	if (!making)
		return pass(p->skb, REASON_TABLE_FULL);
	flow = &making->flow;
	flow->source = p->key.src;
	flow->backend = p->key.dst;
	flow->port = p->key.dport;
	flow->flags = socket ? CONNECTION_CONNECT_TIME : CONNECTION_NO_SERVICE;
	flow->service_id = socket ? socket->service_id : 0;
	direct = socket && choose_ways_unchanged(p, flow);
	if (ttl_expires(p, flow->request.forward))
		return pass(p->skb, REASON_TTL_EXPIRED);
	if (!connection_create(p, flow, &making->request, &why))
		return pass(p->skb, why);
	if (!direct)
		return pass(p->skb, REASON_TRACKED);
	translation_copy(t, &making->request);
	return TRANSLATE;
}

/* Whether the traffic policy wants a backend on this node. */
static __always_inline bool policy_is_local(const struct packet *p, const struct frontend *frontend)
{
	if (p->origin == ORIGIN_OVERLAY || frontend->flags & FRONTEND_INTERNAL_LOCAL)
		return true;
	return p->origin == ORIGIN_OUTSIDE && frontend->flags & FRONTEND_EXTERNAL_LOCAL &&
	       !route_is_workload(route_find(&p->key.src));
}

static __always_inline struct asker asker_of(const struct packet *p,
					     const struct frontend *frontend)
{
	bool consistent = frontend->flags & FRONTEND_MAGLEV;

	return (struct asker){ .client = p->key.src,
			       .kind = AFFINITY_ADDRESS,
			       .seed = consistent ? consistent_seed(frontend, &p->key)
						  : bpf_get_prandom_u32(),
			       .now = p->now,
			       .local_only = policy_is_local(p, frontend) };
}

/* What a device on top of the uplink sends, such as a macvlan's, looks like a process of this node;
 * its answers would not come by us. */
static __always_inline bool is_other_machine(const struct packet *p)
{
	return p->side == HOOK_EGRESS && !p->skb->ingress_ifindex &&
	       !route_is_this_node(route_find(&p->key.src));
}

/* A process of this node may use every service. */
static __always_inline bool is_own_process(const struct packet *p)
{
	return p->side == HOOK_EGRESS && !p->skb->ingress_ifindex;
}

/* A new flow that is not served: what the overlay brought must not reach the host stack, which
 * would send it back. */
static __always_inline int leave(struct packet *p, enum reason why)
{
	return p->origin == ORIGIN_OVERLAY ? drop(p->skb, REASON_OVERLAY_UNSERVED)
					   : pass(p->skb, why);
}

/* Where all backends are on other nodes, silence has a client behind a balancer try again there. */
static __always_inline int serve_nobody(struct packet *p, const struct frontend *frontend,
					bool local_only)
{
	if (!frontend_is_empty(frontend, local_only))
		return leave(p, REASON_SLOT_MISSING);
	if (p->origin == ORIGIN_OVERLAY)
		return drop(p->skb, REASON_OVERLAY_UNSERVED);
	if (!frontend_is_empty(frontend, false))
		return drop(p->skb, REASON_NO_LOCAL_BACKEND);
	return refuse(p);
}

/* The first packet of a flow to a frontend: pick, record, translate, send. */
static __noinline int serve_new(struct packet *p, const struct frontend *found,
				struct translation *t)
{
	struct making *making = scratch_take(SCRATCH_CONNECTION);
	struct new_connection *flow = &making->flow;
	struct frontend *frontend = &making->frontend;
	struct asker asker;
	struct slot *slot;
	enum reason why;

	if (!making)
		return leave(p, REASON_TABLE_FULL);
	if (is_other_machine(p))
		return pass(p->skb, REASON_OTHER_MACHINE);
	*frontend = *found;
	if (!source_allowed(frontend, &p->key.src) && !is_own_process(p))
		return drop(p->skb, REASON_SOURCE_DENIED);
	asker = asker_of(p, frontend);
	slot = backend_pick(frontend, &asker);
	if (!slot)
		return serve_nobody(p, frontend, asker.local_only);
	flow->source = p->key.src;
	flow->service_id = frontend->service_id;
	flow->backend = slot->addr;
	flow->port = slot->port;
	if (!choose_ways_of(p, flow, slot, &why))
		return leave(p, why);
	if (ttl_expires(p, flow->request.forward))
		return pass(p->skb, REASON_TTL_EXPIRED);
	if (!connection_create(p, flow, &making->request, &why))
		return leave(p, why);
	translation_copy(t, &making->request);
	return TRANSLATE;
}

/* What a packet that belongs to no tracked flow meets at the hooks where flows start. */
static __always_inline int serve_unknown(struct packet *p, struct translation *t)
{
	struct frontend *frontend;

	if (!packet_opens(p))
		return pass(p->skb, packet_stray(p));
	packet_tell_time(p);
	frontend = service_find(&p->key.dst, p->key.dport, p->key.proto, false);
	if (frontend)
		return serve_new(p, frontend, t);
	connection_forget_predecessor(p);
	return serve_unchanged(p, t);
}

/* The last step of every program. */
static __always_inline int finish(struct packet *p, struct translation *t, int verdict)
{
	if (verdict < TRANSLATE)
		return verdict;
	FORGET(t->forward, p->skb->len);
	FORGET(t->flags, p->skb->len);
	FORGET(t->ifindex, p->skb->len);
	return translate_and_forward(p, t);
}

char program_license[] SEC("license") = "Dual BSD/GPL";

#endif
