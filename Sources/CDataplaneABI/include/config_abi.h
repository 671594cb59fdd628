/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is fixed when a program is loaded. It sits in read-only data, so the verifier removes what
 * it disables. */
#ifndef CONFIG_ABI_H
#define CONFIG_ABI_H

#include <linux/types.h>
#include <stddef.h>

enum config_flag {
	CONFIG_DIRECT = 1 << 0, /* bypass the host stack where a packet's way is known */
	CONFIG_CONNECT_TCP = 1 << 1, /* connect-time balancing of TCP */
	CONFIG_CONNECT_UDP = 1 << 2, /* … and UDP */
	CONFIG_COARSE_CLOCK = 1 << 3, /* the kernel has bpf_ktime_get_coarse_ns (Linux 5.11) */
	CONFIG_SET_RETVAL = 1 << 4, /* the kernel has bpf_set_retval (Linux 5.18) */
	CONFIG_DSR = 1 << 5, /* replies to clients outside leave the backend's node directly */
	CONFIG_STRICT_SOURCE = 1 << 6, /* a workload may send from its own addresses only */
	CONFIG_NO_ETHERNET = 1 << 7, /* for devices whose packets begin with the IP header */
	CONFIG_DIRECT_PODS = 1 << 8, /* so does what connect() has balanced */
};

struct dataplane_config {
	__u32 flags;
	/* Source ports that stand in for a client's own when that is taken at the backend. */
	__u16 port_first;
	__u16 port_count; /* 0: none */
	/* Idle times after which a connection is gone, in nanoseconds; reference: Calico's
	 * defaults. */
	__u64 syn_timeout;
	__u64 established_timeout;
	__u64 fin_timeout;
	__u64 reset_timeout;
	__u64 udp_timeout;
	/* What a pod sees as the client when it reaches itself through a service. */
	__be32 hairpin_v4;
	__be32 hairpin_v6[4];
	__u32 overlay_ifindex; /* 0: no overlay */
	__be16 overlay_port; /* UDP */
	/* What fits through the overlay, from the inner IP header on. */
	__u16 overlay_mtu_v4;
	__u16 overlay_mtu_v6;
	__u16 pad;
	/* The cookie of the node's own network namespace; 0: the initial one. */
	__u64 host_netns;
};

/* The VXLAN network that our nodes speak. */
#define OVERLAY_VNI 0xebf

_Static_assert(sizeof(struct dataplane_config) == 88, "dataplane_config");
_Static_assert(offsetof(struct dataplane_config, syn_timeout) == 8, "dataplane_config");
_Static_assert(offsetof(struct dataplane_config, hairpin_v4) == 48, "dataplane_config");
_Static_assert(offsetof(struct dataplane_config, overlay_ifindex) == 68, "dataplane_config");
_Static_assert(offsetof(struct dataplane_config, host_netns) == 80, "dataplane_config");

/* The ELF section, and so the map, that holds the one `struct dataplane_config` of an object. */
#define CONFIG_SECTION ".rodata.config"

#endif
