/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets of a network namespace as sock_diag(7) shows them, and the end of one. */
#ifndef EBPFCTL_SOCKET_DIAG_H
#define EBPFCTL_SOCKET_DIAG_H

#include <stdint.h>

/** A socket that has a peer. Of an AF_INET socket, only the first 4 bytes of the addresses count. */
struct shim_diag_socket {
	uint64_t cookie; /* what bpf_get_socket_cookie() says of it */
	uint8_t family; /* AF_INET or AF_INET6 */
	uint8_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	uint16_t local_port; /* host byte order, like the other */
	uint16_t peer_port;
	uint8_t local[16];
	uint8_t peer[16];
	uint32_t interface; /* the index it is bound to, 0 for none */
};

typedef void (*shim_diag_visit)(const struct shim_diag_socket *_Nonnull socket, void *_Nonnull context);

/** A socket for the calls below; they see the network namespace that the calling thread is in now. -1 with errno. */
int shim_open_socket_diag(void);

/**
 * Visits the sockets of a family and protocol that have a peer, those of TCP that wait for nothing but time left out.
 *
 * Returns 0, or -1 with errno set: EOPNOTSUPP where the kernel has no such diagnosis.
 */
int shim_diag_sockets(int diag, int family, int protocol, shim_diag_visit _Nonnull visit, void *_Nonnull context);

/**
 * Ends a socket: who reads it gets ECONNABORTED, a TCP peer gets a RST. SOCK_DESTROY of sock_diag(7).
 *
 * Returns 0, or -1 with errno set: ENOENT when it is gone, EOPNOTSUPP where the kernel cannot.
 */
int shim_diag_destroy(int diag, const struct shim_diag_socket *_Nonnull socket);

#endif
