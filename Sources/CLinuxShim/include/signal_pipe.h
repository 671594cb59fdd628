/* SPDX-License-Identifier: Apache-2.0 */
/* Signals as bytes in a pipe. */
#ifndef EBPFCTL_SIGNAL_PIPE_H
#define EBPFCTL_SIGNAL_PIPE_H

/**
 * Has each arrival of `number` written into `descriptor` as one byte, its value the signal's number.
 *
 * A descriptor of -1 gives the signal its default effect back. One descriptor serves all signals of the process.
 * Returns 0, or -1 with errno set.
 */
int shim_signal_to_pipe(int number, int descriptor);

#endif
