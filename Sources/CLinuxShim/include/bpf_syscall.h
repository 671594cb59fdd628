// SPDX-License-Identifier: Apache-2.0
// bpf(2) commands that libbpf 1.1 has no function for, and the unions of `bpf_link_info` laid flat.
#ifndef SHIM_BPF_SYSCALL_H
#define SHIM_BPF_SYSCALL_H

#include <stdint.h>

// `bpf_link_info` without its unions; a field that the link's type does not have is zero.
struct shim_link_info {
	uint32_t type;
	uint32_t id;
	uint32_t program_id;
	uint32_t attach_type;
	uint32_t ifindex;
	uint32_t padding;
	uint64_t cgroup_id;
};

// What is attached to one hook. The arrays have room for `count` numbers; afterwards `count` is how many there are.
struct shim_hook_programs {
	uint32_t *_Nullable program_ids;
	uint32_t *_Nullable link_ids;
	uint32_t count;
	uint32_t attach_flags;
	uint64_t revision;
};

// BPF_LINK_CREATE on a tcx hook (Linux 6.6); `relative` is a descriptor or an id, as `flags` say.
// Returns a descriptor, or -1 with errno set.
int shim_tcx_link_create(int program_fd, uint32_t ifindex, uint32_t attach_type, uint32_t flags, uint32_t relative);

// BPF_PROG_QUERY; `target` is a cgroup's descriptor or an interface index. Returns 0, or -1 with errno set.
int shim_program_query(uint32_t target, uint32_t attach_type, uint32_t query_flags,
			  struct shim_hook_programs *_Nonnull query);

// BPF_OBJ_GET_INFO_BY_FD on a link. Returns 0, or -1 with errno set.
int shim_link_info_get(int link_fd, struct shim_link_info *_Nonnull info);

#endif
