/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The enums and flag bits inside map values. Never renumber: maps outlive their writer. */
#ifndef FLAGS_ABI_H
#define FLAGS_ABI_H

/* frontend.flags */
enum frontend_flag {
	FRONTEND_CLUSTER_IP = 1 << 0, /* the address exists only inside the cluster */
	FRONTEND_NODE_PORT = 1 << 1, /* the key's address is zero: any address of the node */
	FRONTEND_EXTERNAL = 1 << 2, /* an external address of the service */
	FRONTEND_AFFINITY = 1 << 3, /* keep a client on its backend for affinity_seconds */
	FRONTEND_SOURCE_RANGES = 1 << 4, /* clients must match source_ranges */
	FRONTEND_EXTERNAL_LOCAL = 1 << 5, /* externalTrafficPolicy: Local */
	FRONTEND_INTERNAL_LOCAL = 1 << 6, /* internalTrafficPolicy: Local */
	FRONTEND_MAGLEV = 1 << 7, /* the slots are a Maglev table, a local one behind it */
	FRONTEND_LOAD_BALANCER = 1 << 8, /* the address of a load balancer */
};

/* slot.flags */
enum slot_flag {
	SLOT_LOCAL = 1 << 0, /* the backend lives on this node */
	SLOT_DRAINING = 1 << 1, /* in the listing only: gets no new connection */
};

/* route.flags: where an address lives. */
enum route_flag {
	ROUTE_LOCAL = 1 << 0, /* on this node; otherwise on another one */
	ROUTE_WORKLOAD = 1 << 1, /* a pod's address; otherwise a host's */
	ROUTE_PEER = 1 << 2, /* ifindex is a veth whose other end is in another namespace */
	ROUTE_NO_DSR = 1 << 3, /* clients here never get direct server return */
	ROUTE_MANUAL = 1 << 4, /* written by an operator: `route sync` leaves it */
	ROUTE_NODE = 1 << 5, /* the address of another node, whose tunnel packets are taken */
	ROUTE_ASKS_NO_DSR = 1 << 6, /* an operator wants ROUTE_NO_DSR here, and further in */
	ROUTE_CLUSTER = 1 << 7, /* written by `service apply`, from a Node object */
	ROUTE_STACK = 1 << 8, /* the kernel's way there leaves by a device without our programs */
};

/* connection.flags */
enum connection_flag {
	CONNECTION_REPLY = 1 << 0, /* this entry matches packets of the backend */
	CONNECTION_CONNECT_TIME = 1 << 1, /* balanced at connect(): nothing is translated */
	CONNECTION_CLIENT_SIDE = 1 << 2, /* host stack: translated on the client's device only */
	CONNECTION_HAIRPIN = 1 << 3, /* client and backend are one pod; its address is replaced */
	CONNECTION_PORT_REPLACED = 1 << 4, /* the backend sees another source port */
	CONNECTION_OUTSIDE = 1 << 5, /* the client came in by an uplink or the overlay */
	CONNECTION_TUNNEL = 1 << 6, /* the request crosses the overlay */
	CONNECTION_DSR = 1 << 7, /* on the first node: the reply does not come back by it */
	CONNECTION_NO_SERVICE = 1 << 8, /* nothing is translated: pod to pod, or to be known */
};

/* connection.from_ifindex, where it is no workload's device. */
#define FROM_ANYWHERE 0
#define FROM_UPLINK 0xffffffff /* from another node: no workload of this one may send it */

/* affinity_key.kind: what its client is. */
enum affinity_kind {
	AFFINITY_ADDRESS = 0, /* the client's address */
	AFFINITY_NETNS = 1, /* at connect time: the low half of its network namespace's cookie */
};

/* connection.forward: how a translated packet leaves. */
enum forward {
	FORWARD_STACK = 0, /* the host stack routes it */
	FORWARD_PEER = 1, /* straight into the pod behind the veth `ifindex` */
	FORWARD_NEIGHBOR = 2, /* out of `ifindex` to `next_hop` */
	FORWARD_TUNNEL = 3, /* through the overlay to the node `next_hop` */
};

/* connection.tcp_seen: which segments have passed, in either direction. Equal in both entries of a
 * pair. */
enum tcp_seen {
	TCP_SEEN_SYN = 1 << 0, /* the client's SYN */
	TCP_SEEN_SYN_ACK = 1 << 1, /* the backend's answer */
	TCP_SEEN_ACK = 1 << 2, /* the client's first segment without SYN: established */
	TCP_SEEN_CLIENT_FIN = 1 << 3,
	TCP_SEEN_BACKEND_FIN = 1 << 4,
	TCP_SEEN_RESET = 1 << 5,
};

#endif
