/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that glibc declares only under _GNU_SOURCE, which Swift's import of it does not define. */
#ifndef EBPFCTL_GNU_CALLS_H
#define EBPFCTL_GNU_CALLS_H

/** The symbol of an error number, such as "ENODEV"; NULL for an unknown one. */
const char *_Nullable shim_errno_name(int number);

/** The untranslated meaning of an error number; NULL for an unknown one. */
const char *_Nullable shim_errno_description(int number);

/** A pipe with close-on-exec on both ends, reading end first: pipe2(2). */
int shim_open_pipe(int *_Nonnull ends);

/** An empty file without a name, close-on-exec, or -1 with errno set: memfd_create(2). */
int shim_open_memory_file(void);

/** Moves the calling thread into a network namespace: setns(2). */
int shim_enter_network_namespace(int descriptor);

/** Moves the calling thread into a new network namespace: unshare(2). */
int shim_new_network_namespace(void);

/** The magic number of the filesystem that holds `path`, or -1 with errno set: statfs(2). */
long shim_filesystem_type(const char *_Nonnull path);

/** A TCP (IPPROTO_TCP) or UDP socket, close-on-exec and not blocking, or -1 with errno set: socket(2). */
int shim_open_socket(int family, int protocol);

/** The next waiting connection, close-on-exec and not blocking, or -1 with errno set: accept4(2). */
int shim_accept(int socket);

/** Waits for the child and reaps it. Returns 0 and the wait status in *status, or -1: waitpid(2). */
int shim_reap(int id, int *_Nonnull status);

#endif
