/* SPDX-License-Identifier: Apache-2.0 */
/* Starting a process with everything that must happen between fork and exec. */
#ifndef EBPFCTL_PROCESS_H
#define EBPFCTL_PROCESS_H

#include <sys/types.h>

/** A filesystem that the child mounts in its own mount namespace before exec. */
struct shim_mount {
	const char *_Nonnull type;
	const char *_Nonnull target;
};

/** What the child is to be. Descriptors stay the caller's; -1 stands for "none". */
struct shim_spawn {
	const char *_Nonnull path;
	char *_Nullable const *_Nonnull arguments;
	char *_Nullable const *_Nonnull environment;
	/** Become 0, 1 and 2 of the child; -1 stands for /dev/null. */
	int standard[3];
	/** A network namespace to enter. */
	int network_namespace;
	/** A cgroup.procs file, open for writing. */
	int cgroup_processes;
	/** The child gets its own mount namespace when this is not 0 or mounts are listed. */
	int own_mounts;
	const struct shim_mount *_Nullable mounts;
	size_t mount_count;
	/** Sent to the child when the thread that started it ends; 0 for none. */
	int parent_death_signal;
	/** The child leads a new process group of its own number. */
	int new_group;
};

/** Where a start failed; the order is that of the steps. */
enum shim_spawn_step {
	SHIM_SPAWN_FORK,
	SHIM_SPAWN_GROUP,
	SHIM_SPAWN_CGROUP,
	SHIM_SPAWN_NAMESPACE,
	SHIM_SPAWN_MOUNT,
	SHIM_SPAWN_STANDARD,
	SHIM_SPAWN_EXEC,
};

/**
 * Starts a process; all signals are at their defaults and unblocked in it.
 *
 * Returns the process id, or -1 with errno set and *failed telling the step. A child that failed has been reaped.
 */
pid_t shim_spawn_process(const struct shim_spawn *_Nonnull what, enum shim_spawn_step *_Nonnull failed);

/** A descriptor that becomes readable when process `id` has ended: pidfd_open(2). */
int shim_open_process(pid_t id);

#endif
