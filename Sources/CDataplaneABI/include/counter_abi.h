/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Why a packet or a socket call left a program. Each exit of a program takes one; Swift holds a
 * caption for each. */
#ifndef COUNTER_ABI_H
#define COUNTER_ABI_H

#include <linux/types.h>

enum reason {
	/* Not ours: passed on untouched. */
	REASON_NOT_IP = 0, /* ARP and everything else that is neither IPv4 nor IPv6 */
	REASON_NOT_SERVICE = 1, /* opens a flow to an address that is no frontend */
	REASON_NO_CONNECTION = 2, /* TCP that opens nothing and belongs to no tracked connection */
	REASON_NOT_TCP_UDP = 3,
	REASON_FRAGMENT = 4, /* a later fragment whose first has not been seen */
	REASON_EXTENSION_HEADER = 5, /* IPv6 */
	REASON_TRUNCATED = 6, /* a header reaches beyond the packet */
	REASON_MALFORMED = 7, /* a header contradicts itself */
	/* Ours, but the host stack has to answer: passed on untouched. */
	REASON_NO_BACKEND = 8, /* and no ICMP error could be made of the packet */
	REASON_TTL_EXPIRED = 9, /* the stack sends the ICMP error about the packet as sent */
	REASON_HOST_TO_ITSELF = 10, /* host to a host-network backend here: connect-time only */
	REASON_CLIENT_SIDE = 11, /* translated later, on the client's device */
	/* Translated. */
	REASON_FORWARD_STACK = 12,
	REASON_FORWARD_PEER = 13,
	REASON_FORWARD_NEIGHBOR = 14,
	REASON_TRACKED = 15, /* nothing to translate, and the host stack takes it */
	/* Errors: passed on untouched, except WRITE_FAILED. */
	REASON_SLOT_MISSING = 16, /* the frontend names a slot that does not exist */
	REASON_TABLE_FULL = 17, /* no room for a connection entry */
	REASON_COLLISION = 18, /* another connection owns the reply's tuple */
	REASON_WRITE_FAILED = 19, /* a half-rewritten packet is dropped */
	/* Connect-time balancing. */
	REASON_SOCKET_TRANSLATED = 20, /* connect() or sendmsg() was sent to a backend */
	REASON_SOCKET_RESTORED = 21, /* recvmsg() or getpeername() shows the service */
	REASON_SOCKET_NOT_SERVICE = 22,
	REASON_SOCKET_NO_BACKEND = 23,
	REASON_SOCKET_SLOT_MISSING = 24,
	REASON_SOCKET_TABLE_FULL = 25, /* translated, but the peer's name will be the backend's */
	/* Events counted beside the exit. */
	REASON_NEW_CONNECTION = 26,
	REASON_EXPIRED = 27, /* a stale entry was met and replaced */
	REASON_PORT_REPLACED = 28, /* another connection had the source port at the backend */
	/* Errors met later in the making: passed on untouched. */
	REASON_NO_WAY = 29, /* the kernel names no way to the backend */
	/* Not ours, met later in the making. */
	REASON_VLAN = 30, /* tagged beside the packet */
	/* Across nodes. */
	REASON_FORWARD_TUNNEL = 31,
	REASON_OVERLAY = 32, /* a packet of the overlay itself, seen on the uplink: passed on */
	REASON_OVERLAY_UNKNOWN_SENDER = 33, /* dropped: not from a known node, or not ours */
	REASON_OVERLAY_UNSERVED = 34, /* dropped: no backend or no connection here */
	REASON_NO_NODE = 35, /* nobody has said which node the backend is on: passed on */
	/* Answered with an ICMP error. */
	REASON_UNREACHABLE_SENT = 36, /* no backend: port unreachable */
	REASON_TOO_BIG_SENT = 37, /* does not fit the tunnel */
	/* Dropped for a rule. */
	REASON_SOURCE_DENIED = 38, /* the client is not in the service's source ranges */
	REASON_SPOOFED = 39, /* strict source check: not the workload's own address */
	/* ICMP errors. */
	REASON_ICMP_UNRELATED = 40, /* about a packet of no tracked flow: passed on */
	REASON_ICMP_TRANSLATED = 41, /* counted beside the exit */
	/* Connect-time balancing leaves it to the packets: source ranges need the address. */
	REASON_SOCKET_LEFT_TO_PACKETS = 42,
	/* Ours, but of another workload's device: passed on, for the stack's reverse path filter.
	 */
	REASON_OTHER_WORKLOAD = 43,
	/* In a frame for another machine that a promiscuous uplink sees, or sent by another one
	 * behind our uplink, such as a macvlan's: passed on. */
	REASON_OTHER_MACHINE = 44,
	REASON_OVERLAY_INJECTED = 45, /* a workload's packet to the overlay's port: dropped */
	REASON_NO_LOCAL_BACKEND = 46, /* a policy wants one here, and all are elsewhere: dropped */
	REASON_COUNT = 47,
};

/* counters: reason -> packets and bytes of this CPU. Socket calls count as packets of no bytes. */
struct counter {
	__u64 packets;
	__u64 bytes;
};

_Static_assert(sizeof(struct counter) == 16, "counter");

#endif
