/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "gnu_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

const char *shim_errno_name(int number)
{
	return strerrorname_np(number);
}

const char *shim_errno_description(int number)
{
	return strerrordesc_np(number);
}

int shim_open_pipe(int *ends)
{
	return pipe2(ends, O_CLOEXEC);
}

int shim_open_memory_file(void)
{
	return memfd_create("ebpfctl", MFD_CLOEXEC);
}

int shim_enter_network_namespace(int descriptor)
{
	return setns(descriptor, CLONE_NEWNET);
}

int shim_new_network_namespace(void)
{
	return unshare(CLONE_NEWNET);
}

long shim_filesystem_type(const char *path)
{
	struct statfs status;

	return statfs(path, &status) < 0 ? -1 : (long)status.f_type;
}

int shim_open_socket(int family, int protocol)
{
	int type = protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;

	return socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
}

int shim_accept(int socket)
{
	return accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

int shim_reap(int id, int *status)
{
	pid_t reaped;

	do {
		reaped = waitpid(id, status, 0);
	} while (reaped < 0 && errno == EINTR);
	return reaped == id ? 0 : -1;
}
