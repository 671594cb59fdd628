/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The keys and values that hold an address, for the family ABI_FAMILY; ABI() makes the struct's
 * name. Addresses and ports are in network byte order throughout, everything else in the host's.
 */
#if ABI_FAMILY == 4
#define ABI_SIZE(v4, v6) (v4)
#define ABI_WORDS 1
#else
#define ABI_SIZE(v4, v6) (v6)
#define ABI_WORDS 4
#endif

struct ABI(addr) {
	__be32 word[ABI_WORDS];
};

/*
 * frontends: written by the tool, read at every new connection. A zero address stands for every
 * address of the node (FRONTEND_NODE_PORT).
 */
struct ABI(frontend_key) {
	struct ABI(addr) addr;
	__be16 port;
	__u8 proto; /* IPPROTO_TCP or IPPROTO_UDP */
	__u8 aside; /* not 0: no packet finds it, while `disable` waits for tracked flows to end */
};

/*
 * slot_count is 0 for a service without backends. Of the slots, the first local_count are on this
 * node; with FRONTEND_MAGLEV, the local_count slots behind the slot_count are.
 */
struct ABI(frontend) {
	__u32 service_id;
	__u32 first_slot;
	__u32 slot_count;
	__u32 local_count;
	__u32 affinity_seconds;
	__u32 flags; /* enum frontend_flag */
};

/*
 * slots: index -> backend. A service owns a contiguous run; a run in use is never rewritten, only
 * replaced. But for Maglev's, both the local and the other part ascend by address, then port, as
 * numbers, so that a backend is found by halving.
 */
struct ABI(slot) {
	struct ABI(addr) addr;
	__be16 port;
	__u8 flags; /* enum slot_flag */
	__u8 weight; /* in the listing behind a table; 0 in the table */
};

/* connections: the packet as it arrives, one entry per direction. Written by programs, read by
 * both. */
struct ABI(connection_key) {
	struct ABI(addr) src;
	struct ABI(addr) dst;
	__be16 sport;
	__be16 dport;
	__u8 proto;
	__u8 pad[3];
};

/*
 * What becomes of it. The other entry of the pair has the key (dst, src, dport, sport) of this
 * value: each entry leads to its twin. Times are CLOCK_MONOTONIC nanoseconds; last_seen is written
 * at most once a second, in both entries, so that a flow that only speaks one way keeps both alive.
 */
struct ABI(connection) {
	__u64 created;
	__u64 last_seen;
	__u64 packets; /* of this direction */
	__u64 bytes; /* of this direction, from the IP header on */
	struct ABI(addr) src; /* after translation */
	struct ABI(addr) dst;
	__be16 sport;
	__be16 dport;
	struct ABI(addr) next_hop;
	__u32 ifindex;
	__u32 service_id;
	__u16 flags; /* enum connection_flag */
	__u8 forward; /* enum forward */
	__u8 tcp_seen; /* enum tcp_seen */
	__u32 from_ifindex; /* the workload's device that such packets come in by, or FROM_… */
#if ABI_FAMILY == 6
	__u32 pad;
#endif
};

/* routes: longest prefix -> where it lives. Written by the tool, read at every new connection. */
struct ABI(route_key) {
	__u32 prefix_length;
	struct ABI(addr) addr;
};

struct ABI(route) {
	__u32 flags; /* enum route_flag */
	__u32 ifindex; /* of a local workload or host address */
	struct ABI(addr) node; /* the other node's address, of a remote one */
};

/* sockets: {socket, backend} -> what the process asked for. Written at connect() and sendmsg(). */
struct ABI(socket_key) {
	__u64 cookie;
	struct ABI(addr) addr;
	__be16 port;
	__u16 pad;
#if ABI_FAMILY == 6
	__u32 pad2;
#endif
};

struct ABI(socket) {
	struct ABI(addr) addr;
	__be16 port;
	__u16 proto;
	__u32 service_id;
};

/* source_ranges: {service, client's prefix} -> allowed. Read if FRONTEND_SOURCE_RANGES says so. */
struct ABI(source_range_key) {
	__u32 prefix_length; /* 32 more than the client's prefix has */
	__u32 service_id;
	struct ABI(addr) addr;
};

/* affinity: {client, service} -> the backend it keeps. Written and read at new connections. */
struct ABI(affinity_key) {
	struct ABI(addr) client;
	__u32 service_id;
	__u32 kind; /* enum affinity_kind */
};

struct ABI(affinity) {
	__u64 last_used; /* CLOCK_MONOTONIC nanoseconds, of a new connection */
	struct ABI(addr) addr;
	__be16 port;
	__u16 pad;
#if ABI_FAMILY == 6
	__u32 pad2;
#endif
};

/* fragments: a fragmented datagram -> the ports that only its first fragment bears. */
struct ABI(fragment_key) {
	struct ABI(addr) src;
	struct ABI(addr) dst;
	__be32 id; /* IPv4: the 16 bits of the header, in the first two bytes */
	__u8 proto;
	__u8 pad[3];
};

struct ABI(fragment) {
	__u64 seen; /* CLOCK_MONOTONIC nanoseconds */
	__be16 sport;
	__be16 dport;
	__u32 pad;
};

_Static_assert(sizeof(struct ABI(addr)) == ABI_SIZE(4, 16), "addr");
_Static_assert(sizeof(struct ABI(frontend_key)) == ABI_SIZE(8, 20), "frontend_key");
_Static_assert(offsetof(struct ABI(frontend_key), port) == ABI_SIZE(4, 16), "frontend_key");
_Static_assert(offsetof(struct ABI(frontend_key), proto) == ABI_SIZE(6, 18), "frontend_key");
_Static_assert(sizeof(struct ABI(frontend)) == 24, "frontend");
_Static_assert(offsetof(struct ABI(frontend), flags) == 20, "frontend");
_Static_assert(sizeof(struct ABI(slot)) == ABI_SIZE(8, 20), "slot");
_Static_assert(offsetof(struct ABI(slot), flags) == ABI_SIZE(6, 18), "slot");
_Static_assert(sizeof(struct ABI(connection_key)) == ABI_SIZE(16, 40), "connection_key");
_Static_assert(offsetof(struct ABI(connection_key), dst) == ABI_SIZE(4, 16), "connection_key");
_Static_assert(offsetof(struct ABI(connection_key), sport) == ABI_SIZE(8, 32), "connection_key");
_Static_assert(offsetof(struct ABI(connection_key), dport) == ABI_SIZE(10, 34), "connection_key");
_Static_assert(offsetof(struct ABI(connection_key), proto) == ABI_SIZE(12, 36), "connection_key");
_Static_assert(sizeof(struct ABI(connection)) == ABI_SIZE(64, 104), "connection");
_Static_assert(offsetof(struct ABI(connection), src) == 32, "connection");
_Static_assert(offsetof(struct ABI(connection), dst) == ABI_SIZE(36, 48), "connection");
_Static_assert(offsetof(struct ABI(connection), sport) == ABI_SIZE(40, 64), "connection");
_Static_assert(offsetof(struct ABI(connection), next_hop) == ABI_SIZE(44, 68), "connection");
_Static_assert(offsetof(struct ABI(connection), ifindex) == ABI_SIZE(48, 84), "connection");
_Static_assert(offsetof(struct ABI(connection), service_id) == ABI_SIZE(52, 88), "connection");
_Static_assert(offsetof(struct ABI(connection), flags) == ABI_SIZE(56, 92), "connection");
_Static_assert(offsetof(struct ABI(connection), tcp_seen) == ABI_SIZE(59, 95), "connection");
_Static_assert(offsetof(struct ABI(connection), from_ifindex) == ABI_SIZE(60, 96), "connection");
_Static_assert(sizeof(struct ABI(route_key)) == ABI_SIZE(8, 20), "route_key");
_Static_assert(sizeof(struct ABI(route)) == ABI_SIZE(12, 24), "route");
_Static_assert(offsetof(struct ABI(route), node) == 8, "route");
_Static_assert(sizeof(struct ABI(socket_key)) == ABI_SIZE(16, 32), "socket_key");
_Static_assert(offsetof(struct ABI(socket_key), port) == ABI_SIZE(12, 24), "socket_key");
_Static_assert(sizeof(struct ABI(socket)) == ABI_SIZE(12, 24), "socket");
_Static_assert(offsetof(struct ABI(socket), service_id) == ABI_SIZE(8, 20), "socket");
_Static_assert(sizeof(struct ABI(source_range_key)) == ABI_SIZE(12, 24), "source_range_key");
_Static_assert(sizeof(struct ABI(affinity_key)) == ABI_SIZE(12, 24), "affinity_key");
_Static_assert(offsetof(struct ABI(affinity_key), kind) == ABI_SIZE(8, 20), "affinity_key");
_Static_assert(sizeof(struct ABI(affinity)) == ABI_SIZE(16, 32), "affinity");
_Static_assert(offsetof(struct ABI(affinity), port) == ABI_SIZE(12, 24), "affinity");
_Static_assert(sizeof(struct ABI(fragment_key)) == ABI_SIZE(16, 40), "fragment_key");
_Static_assert(offsetof(struct ABI(fragment_key), id) == ABI_SIZE(8, 32), "fragment_key");
_Static_assert(sizeof(struct ABI(fragment)) == 16, "fragment");
_Static_assert(offsetof(struct ABI(fragment), sport) == 8, "fragment");

#undef ABI_SIZE
#undef ABI_WORDS
