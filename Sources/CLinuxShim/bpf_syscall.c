// SPDX-License-Identifier: Apache-2.0
// The attribute layouts are those of the kernel's uapi, which only grows: a shorter one is always accepted.

#include "bpf_syscall.h"

#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// The headers of the oldest supported distribution predate tcx, so the link types are named here.
enum { LINK_CGROUP = 3, LINK_XDP = 6, LINK_TCX = 11 };

struct link_create_attr {
	uint32_t program_fd;
	uint32_t ifindex;
	uint32_t attach_type;
	uint32_t flags;
	uint32_t relative;
	uint32_t padding;
	uint64_t expected_revision;
};
_Static_assert(offsetof(struct link_create_attr, relative) == 16, "uapi layout of link_create.tcx");
_Static_assert(sizeof(struct link_create_attr) == 32, "uapi layout of link_create.tcx");

struct query_attr {
	uint32_t target;
	uint32_t attach_type;
	uint32_t query_flags;
	uint32_t attach_flags;
	uint64_t program_ids;
	uint32_t count;
	uint32_t padding;
	uint64_t program_attach_flags;
	uint64_t link_ids;
	uint64_t link_attach_flags;
	uint64_t revision;
};
_Static_assert(offsetof(struct query_attr, link_ids) == 40, "uapi layout of query");
_Static_assert(sizeof(struct query_attr) == 64, "uapi layout of query");

struct info_attr {
	uint32_t fd;
	uint32_t length;
	uint64_t info;
};

union link_info_detail {
	struct {
		uint64_t cgroup_id;
		uint32_t attach_type;
	} cgroup;
	struct {
		uint32_t ifindex;
		uint32_t attach_type;
	} tcx;
	uint8_t room[64];
};

struct link_info {
	uint32_t type;
	uint32_t id;
	uint32_t program_id;
	uint32_t padding;
	union link_info_detail detail;
};
_Static_assert(offsetof(struct link_info, detail) == 16, "uapi layout of bpf_link_info");

static long bpf(int command, void *attr, uint32_t size)
{
	return syscall(SYS_bpf, command, attr, size);
}

int shim_tcx_link_create(int program_fd, uint32_t ifindex, uint32_t attach_type, uint32_t flags, uint32_t relative)
{
	struct link_create_attr attr = {
		.program_fd = (uint32_t)program_fd,
		.ifindex = ifindex,
		.attach_type = attach_type,
		.flags = flags,
		.relative = relative,
	};
	return (int)bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
}

int shim_program_query(uint32_t target, uint32_t attach_type, uint32_t query_flags, struct shim_hook_programs *query)
{
	struct query_attr attr = {
		.target = target,
		.attach_type = attach_type,
		.query_flags = query_flags,
		.program_ids = (uintptr_t)query->program_ids,
		.count = query->count,
		.link_ids = (uintptr_t)query->link_ids,
	};
	long result = bpf(BPF_PROG_QUERY, &attr, sizeof(attr));

	query->count = attr.count;
	query->attach_flags = attr.attach_flags;
	query->revision = attr.revision;
	return (int)result;
}

int shim_link_info_get(int link_fd, struct shim_link_info *info)
{
	struct link_info raw;
	struct info_attr attr = { .fd = (uint32_t)link_fd, .length = sizeof(raw), .info = (uintptr_t)&raw };

	memset(&raw, 0, sizeof(raw));
	memset(info, 0, sizeof(*info));
	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) < 0)
		return -1;
	info->type = raw.type;
	info->id = raw.id;
	info->program_id = raw.program_id;
	switch (raw.type) {
	case LINK_CGROUP:
		info->cgroup_id = raw.detail.cgroup.cgroup_id;
		info->attach_type = raw.detail.cgroup.attach_type;
		break;
	case LINK_TCX:
		info->ifindex = raw.detail.tcx.ifindex;
		info->attach_type = raw.detail.tcx.attach_type;
		break;
	case LINK_XDP:
		info->ifindex = raw.detail.tcx.ifindex;
		break;
	}
	return 0;
}
