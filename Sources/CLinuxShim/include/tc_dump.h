// SPDX-License-Identifier: Apache-2.0
// What libbpf cannot list: the queueing discipline for classifiers on an interface, and the filters in it.
#ifndef SHIM_TC_DUMP_H
#define SHIM_TC_DUMP_H

#include <stddef.h>
#include <stdint.h>

// One filter; `program_id` and `name` are of kind "bpf" only, empty otherwise.
struct shim_tc_filter {
	uint32_t handle;
	uint32_t program_id;
	uint16_t priority;
	uint16_t protocol; // host byte order
	uint8_t direct_action;
	char kind[16];
	char name[64];
};

enum { SHIM_TC_KIND_SIZE = 16 };

// Lists the filters below `parent` (TC_H_MAKE of clsact and a direction) on an interface of this network namespace.
// Returns how many there are, of which at most `capacity` were stored; or -1 with errno set.
int shim_tc_filters(uint32_t ifindex, uint32_t parent, struct shim_tc_filter *_Nullable filters, size_t capacity);

// The kind of the discipline that holds the ingress handle ffff: of an interface, "clsact" or "ingress".
// Returns 1 with `kind` set, 0 when there is none, or -1 with errno set.
int shim_tc_ingress_kind(uint32_t ifindex, char kind[_Nonnull SHIM_TC_KIND_SIZE]);

#endif
