/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct report {
	enum shim_spawn_step step;
	int error;
};

/* From here to exec only async-signal-safe calls: other threads of the parent may have held any lock at the fork. */

static int reset_signals(void)
{
	struct sigaction ordinary = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		sigaction(number, &ordinary, NULL); /* refused for SIGKILL and SIGSTOP */
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL);
}

static int enter_mounts(const struct shim_spawn *what)
{
	if (!what->own_mounts && what->mount_count == 0)
		return 0;
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	for (size_t i = 0; i < what->mount_count; i++) {
		const struct shim_mount *one = &what->mounts[i];

		if (mount("none", one->target, one->type, 0, NULL) < 0)
			return -1;
	}
	return 0;
}

static int redirect(const struct shim_spawn *what)
{
	int moved[3];

	/* First out of the way of 0, 1 and 2, since one of them may be the source of another. */
	for (int i = 0; i < 3; i++) {
		int from = what->standard[i];

		if (from < 0)
			from = open("/dev/null", O_RDWR);
		moved[i] = fcntl(from, F_DUPFD_CLOEXEC, 3);
		if (moved[i] < 0)
			return -1;
	}
	for (int i = 0; i < 3; i++)
		if (dup2(moved[i], i) < 0)
			return -1;
	return 0;
}

static enum shim_spawn_step become(const struct shim_spawn *what, pid_t parent)
{
	reset_signals();
	if (what->parent_death_signal) {
		prctl(PR_SET_PDEATHSIG, what->parent_death_signal);
		if (getppid() != parent)
			_exit(127);
	}
	if (what->new_group && setpgid(0, 0) < 0)
		return SHIM_SPAWN_GROUP;
	if (what->cgroup_processes >= 0 && write(what->cgroup_processes, "0", 1) != 1)
		return SHIM_SPAWN_CGROUP;
	if (what->network_namespace >= 0 && setns(what->network_namespace, CLONE_NEWNET) < 0)
		return SHIM_SPAWN_NAMESPACE;
	if (enter_mounts(what) < 0)
		return SHIM_SPAWN_MOUNT;
	if (redirect(what) < 0)
		return SHIM_SPAWN_STANDARD;
	execve(what->path, what->arguments, what->environment);
	return SHIM_SPAWN_EXEC;
}

static pid_t fail(enum shim_spawn_step *failed, struct report report)
{
	*failed = report.step;
	errno = report.error;
	return -1;
}

pid_t shim_spawn_process(const struct shim_spawn *what, enum shim_spawn_step *failed)
{
	struct report report = { SHIM_SPAWN_FORK, 0 };
	pid_t parent = getpid();
	int ends[2];
	ssize_t got;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail(failed, (struct report){ SHIM_SPAWN_FORK, errno });
	child = fork();
	if (child == 0) {
		int away = fcntl(ends[1], F_DUPFD_CLOEXEC, 3);

		report.step = become(what, parent);
		report.error = errno;
		got = write(away, &report, sizeof(report));
		_exit(got == sizeof(report) ? 127 : 126);
	}
	report.error = errno;
	close(ends[1]);
	if (child < 0) {
		close(ends[0]);
		return fail(failed, report);
	}
	do {
		got = read(ends[0], &report, sizeof(report));
	} while (got < 0 && errno == EINTR);
	close(ends[0]);
	if (got != sizeof(report))
		return child;
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return fail(failed, report);
}

int shim_open_process(pid_t id)
{
	return (int)syscall(SYS_pidfd_open, id, 0);
}
