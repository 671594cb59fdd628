// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Connect-time balancing: a socket call that names a frontend is sent to a backend, and the process
 * is shown the frontend's address again. A program never refuses a call, but for a service without
 * backends.
 *
 * IPv4 serves two kinds of socket: AF_INET, and AF_INET6 with an IPv4-mapped address, whose
 * programs end in `_mapped` and hang on the IPv6 hooks. The kernel itself hands a mapped sendmsg()
 * to the IPv4 hook.
 */
#define SOUGHT SCRATCH_SOUGHT_CALL
#include "service.bpf.h"
#include "trace_call.bpf.h"

#define ECONNREFUSED 111

static __always_inline void socket_key_set(struct socket_key *key, struct bpf_sock_addr *ctx,
					   const struct addr *addr, __be16 port)
{
	__builtin_memset(key, 0, sizeof(*key));
	key->cookie = bpf_get_socket_cookie(ctx);
	key->addr = *addr;
	key->port = port;
}

/* The call proceeds; `asked` is what it named when it came, `addr` and the context what it names
 * now. */
static __always_inline int proceed(struct bpf_sock_addr *ctx, enum reason reason,
				   const struct socket *asked, const struct addr *addr)
{
	count(reason, 0);
	if (is_traced())
		trace_call(ctx, reason, asked, addr);
	return 1;
}

/* The error a closed port would give, where the kernel lets a program choose one; else the packet
 * meets the answer. */
static __always_inline int refuse(struct bpf_sock_addr *ctx, const struct socket *asked,
				  const struct addr *addr)
{
	proceed(ctx, REASON_SOCKET_NO_BACKEND, asked, addr);
	/* Needs Linux 5.18; drop the condition when the baseline passes it. */
	if (!configured(CONFIG_SET_RETVAL))
		return 1;
	bpf_set_retval(-ECONNREFUSED);
	return 0;
}

/* What the process asked for, kept for recvmsg() and getpeername(); rewritten only when it changes.
 */
static __always_inline enum reason socket_remember(const struct socket_key *key,
						   const struct socket *asked)
{
	struct socket *known = bpf_map_lookup_elem(&sockets, key);

	if (known && addr_equal(&known->addr, &asked->addr) && known->port == asked->port &&
	    known->service_id == asked->service_id)
		return REASON_SOCKET_TRANSLATED;
	return bpf_map_update_elem(&sockets, key, asked, BPF_ANY) ? REASON_SOCKET_TABLE_FULL
								  : REASON_SOCKET_TRANSLATED;
}

static __always_inline bool is_own_process(struct bpf_sock_addr *ctx)
{
	__u64 own = config.host_netns;

	return bpf_get_netns_cookie(ctx) == (own ? own : bpf_get_netns_cookie(NULL));
}

/* Of the loopback addresses, which mean another thing in every pod, and of zero, which means them,
 * only the node's own are node ports. */
static __always_inline struct frontend *socket_find(struct bpf_sock_addr *ctx,
						    const struct addr *addr)
{
	if (!addr_is_loopback(addr) && !addr_is_zero(addr))
		return service_find(addr, ctx->user_port, ctx->protocol, false);
	return is_own_process(ctx) ? node_port_find(ctx->user_port, ctx->protocol) : NULL;
}

/* The source address is not chosen yet: a network namespace stands for the client. */
static __always_inline struct asker asker_of(struct bpf_sock_addr *ctx,
					     const struct frontend *frontend, __u32 seed)
{
	struct asker asker = { .kind = AFFINITY_NETNS,
			       .seed = seed,
			       .local_only = frontend->flags & FRONTEND_INTERNAL_LOCAL };

	if (frontend->flags & FRONTEND_AFFINITY) {
		asker.client.word[0] = bpf_get_netns_cookie(ctx);
		asker.now = clock_now();
	}
	return asker;
}

/* Replaces addr by a backend's and sets the port; `seed` chooses. The result is the program's. */
static __always_inline int socket_translate(struct bpf_sock_addr *ctx, struct addr *addr,
					    __u32 seed)
{
	struct socket asked = { .addr = *addr, .port = ctx->user_port, .proto = ctx->protocol };
	struct socket_key key;
	struct frontend *frontend;
	struct asker asker;
	struct slot *slot;

	if (!connect_time_serves(ctx->protocol))
		return proceed(ctx, REASON_SOCKET_NOT_SERVICE, &asked, addr);
	frontend = socket_find(ctx, addr);
	if (!frontend)
		return proceed(ctx, REASON_SOCKET_NOT_SERVICE, &asked, addr);
	asked.service_id = frontend->service_id;
	if (frontend->flags & FRONTEND_SOURCE_RANGES && !is_own_process(ctx))
		return proceed(ctx, REASON_SOCKET_LEFT_TO_PACKETS, &asked, addr);
	asker = asker_of(ctx, frontend, seed);
	slot = backend_pick(frontend, &asker);
	if (!slot)
		return frontend_is_empty(frontend, asker.local_only)
			       ? refuse(ctx, &asked, addr)
			       : proceed(ctx, REASON_SOCKET_SLOT_MISSING, &asked, addr);
	*addr = slot->addr;
	ctx->user_port = slot->port;
	socket_key_set(&key, ctx, addr, slot->port);
	return proceed(ctx, socket_remember(&key, &asked), &asked, addr);
}

/* A socket that sends without connecting keeps its backend as long as the service keeps its
 * backends. */
static __always_inline __u32 sticky_seed(struct bpf_sock_addr *ctx)
{
	return (bpf_get_socket_cookie(ctx) * 0x9e3779b97f4a7c15ULL) >> 32;
}

/* Replaces a backend's address by the one the process asked for. */
static __always_inline int socket_restore(struct bpf_sock_addr *ctx, struct addr *addr)
{
	struct socket peer = { .addr = *addr, .port = ctx->user_port, .proto = ctx->protocol };
	struct socket_key key;
	struct socket *asked;

	socket_key_set(&key, ctx, addr, ctx->user_port);
	asked = bpf_map_lookup_elem(&sockets, &key);
	if (!asked)
		return proceed(ctx, REASON_SOCKET_NOT_SERVICE, &peer, addr);
	peer.service_id = asked->service_id;
	*addr = asked->addr;
	ctx->user_port = asked->port;
	return proceed(ctx, REASON_SOCKET_RESTORED, &peer, addr);
}

#if FAMILY == 4
static __always_inline struct addr address_read(struct bpf_sock_addr *ctx)
{
	return (struct addr){ .word = { ctx->user_ip4 } };
}

static __always_inline void address_write(struct bpf_sock_addr *ctx, const struct addr *addr)
{
	ctx->user_ip4 = addr->word[0];
}

static __always_inline bool address_is_mapped(struct bpf_sock_addr *ctx)
{
	return !ctx->user_ip6[0] && !ctx->user_ip6[1] && ctx->user_ip6[2] == bpf_htonl(0xffff);
}

SEC("cgroup/connect6")
int connect_mapped(struct bpf_sock_addr *ctx)
{
	struct addr addr = { .word = { ctx->user_ip6[3] } };
	int verdict;

	if (!address_is_mapped(ctx))
		return 1;
	verdict = socket_translate(ctx, &addr, bpf_get_prandom_u32());
	ctx->user_ip6[3] = addr.word[0];
	return verdict;
}

static __always_inline int restore_mapped(struct bpf_sock_addr *ctx)
{
	struct addr addr = { .word = { ctx->user_ip6[3] } };
	int verdict;

	if (!address_is_mapped(ctx))
		return 1;
	verdict = socket_restore(ctx, &addr);
	ctx->user_ip6[3] = addr.word[0];
	return verdict;
}

SEC("cgroup/recvmsg6")
int recvmsg_mapped(struct bpf_sock_addr *ctx)
{
	return restore_mapped(ctx);
}

SEC("cgroup/getpeername6")
int getpeername_mapped(struct bpf_sock_addr *ctx)
{
	return restore_mapped(ctx);
}
#define HOOK(call) SEC("cgroup/" #call "4") int call##4
#else
static __always_inline struct addr address_read(struct bpf_sock_addr *ctx)
{
	return (struct addr){ .word = { ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2],
					ctx->user_ip6[3] } };
}

static __always_inline void address_write(struct bpf_sock_addr *ctx, const struct addr *addr)
{
	ctx->user_ip6[0] = addr->word[0];
	ctx->user_ip6[1] = addr->word[1];
	ctx->user_ip6[2] = addr->word[2];
	ctx->user_ip6[3] = addr->word[3];
}
#define HOOK(call) SEC("cgroup/" #call "6") int call##6
#endif

/* IPv4 inside IPv6 is the business of the programs that end in `_mapped`. */
static __always_inline bool address_is_foreign(const struct addr *addr)
{
	return FAMILY == 6 && !addr->word[0] && !addr->word[1] &&
	       addr->word[2] == bpf_htonl(0xffff);
}

HOOK(connect)(struct bpf_sock_addr *ctx)
{
	struct addr addr = address_read(ctx);
	int verdict;

	if (address_is_foreign(&addr))
		return 1;
	verdict = socket_translate(ctx, &addr, bpf_get_prandom_u32());
	address_write(ctx, &addr);
	return verdict;
}

HOOK(sendmsg)(struct bpf_sock_addr *ctx)
{
	struct addr addr = address_read(ctx);
	int verdict = socket_translate(ctx, &addr, sticky_seed(ctx));

	address_write(ctx, &addr);
	return verdict;
}

static __always_inline int restore(struct bpf_sock_addr *ctx)
{
	struct addr addr = address_read(ctx);
	int verdict;

	if (address_is_foreign(&addr))
		return 1;
	verdict = socket_restore(ctx, &addr);
	address_write(ctx, &addr);
	return verdict;
}

HOOK(recvmsg)(struct bpf_sock_addr *ctx)
{
	return restore(ctx);
}

HOOK(getpeername)(struct bpf_sock_addr *ctx)
{
	return restore(ctx);
}

char program_license[] SEC("license") = "Dual BSD/GPL";
