/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a tool of any version must be able to read before it touches anything else. */
#ifndef META_ABI_H
#define META_ABI_H

#include <linux/types.h>
#include <stddef.h>

/* Raised with every incompatible change of a key, a value or the meaning of one. */
#define DATAPLANE_ABI_VERSION 2

#define META_TEXT_SIZE 4000

/* meta: 0 -> the one entry. Written by the tool; no program reads it. abi_version never moves. */
struct meta {
	__u32 abi_version;
	__u32 next_service_id;
	__u64 enabled_at; /* seconds since 1970 */
	__u32 next_slot[2]; /* where the search for a free run of slots goes on; [0] is IPv4, [1]
			       IPv6 */
	char tool_version[32]; /* NUL-terminated */
	char configuration[META_TEXT_SIZE]; /* the options of `enable`, one word a line,
					       NUL-terminated */
};

_Static_assert(offsetof(struct meta, abi_version) == 0, "meta");
_Static_assert(offsetof(struct meta, enabled_at) == 8, "meta");
_Static_assert(offsetof(struct meta, next_slot) == 16, "meta");
_Static_assert(offsetof(struct meta, tool_version) == 24, "meta");
_Static_assert(offsetof(struct meta, configuration) == 56, "meta");
_Static_assert(sizeof(struct meta) == 56 + META_TEXT_SIZE, "meta");

#define SERVICE_NAME_SIZE 192

/*
 * The slots of one service and family: first the table that frontends point into, then every
 * backend once, draining ones included, with its weight: what `service get` reads back.
 */
struct slot_run {
	__u32 first;
	__u32 table;
	__u32 listed;
};

/* service_name.settings: what frontends say only where it concerns them. Never renumber. */
enum service_setting {
	SERVICE_EXTERNAL_LOCAL = 1 << 0, /* externalTrafficPolicy: Local */
	SERVICE_INTERNAL_LOCAL = 1 << 1, /* internalTrafficPolicy: Local */
	SERVICE_MAGLEV = 1 << 2,
};

/* service_names: service_id -> namespace/name:port and what belongs to it. Written and read by the
 * tool. */
struct service_name {
	struct slot_run run[2]; /* [0] is IPv4, [1] IPv6 */
	__u32 settings; /* enum service_setting */
	__u32 affinity_seconds; /* 0: no session affinity */
	char text[SERVICE_NAME_SIZE]; /* NUL-terminated */
};

_Static_assert(sizeof(struct slot_run) == 12, "slot_run");
_Static_assert(offsetof(struct service_name, settings) == 24, "service_name");
_Static_assert(offsetof(struct service_name, text) == 32, "service_name");
_Static_assert(sizeof(struct service_name) == 32 + SERVICE_NAME_SIZE, "service_name");

#endif
