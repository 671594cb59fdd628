/* SPDX-License-Identifier: Apache-2.0 */
#include "signal_pipe.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_int target = -1;

static void forward(int number)
{
	unsigned char byte = (unsigned char)number;
	int saved = errno;
	int to = atomic_load(&target);

	/* A full pipe loses the byte, and that is right: earlier ones wait in it. */
	if (to >= 0 && write(to, &byte, 1) < 0)
		errno = saved;
	errno = saved;
}

int shim_signal_to_pipe(int number, int descriptor)
{
	/* Without SA_RESTART a blocking call ends with EINTR, so that its caller can look into the pipe. */
	struct sigaction action = { .sa_handler = descriptor < 0 ? SIG_DFL : forward };

	sigemptyset(&action.sa_mask);
	atomic_store(&target, descriptor);
	return sigaction(number, &action, 0);
}
