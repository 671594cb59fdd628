/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams with both of their addresses, which a socket bound to the wildcard learns only from control messages. */
#ifndef EBPFCTL_DATAGRAM_H
#define EBPFCTL_DATAGRAM_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

/** Where a datagram came from, and which of this host's addresses it was sent to. */
struct shim_datagram {
	struct sockaddr_storage peer;
	/** 4 or 16 bytes in network order, as the family of `peer` says. */
	unsigned char local[16];
};

/** Makes the socket tell the local address of each datagram: IP_PKTINFO or IPV6_RECVPKTINFO. */
int shim_want_local_address(int socket, int family);

/** Receives one datagram; longer ones are cut. Returns its length, or -1 with errno set: recvmsg(2). */
ssize_t shim_receive_datagram(int socket, void *_Nonnull bytes, size_t size, struct shim_datagram *_Nonnull from);

/** Sends the answer to a received datagram from the address that one was sent to: sendmsg(2). */
ssize_t shim_answer_datagram(int socket, const void *_Nonnull bytes, size_t size,
			     const struct shim_datagram *_Nonnull to);

#endif
