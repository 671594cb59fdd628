/* SPDX-License-Identifier: Apache-2.0 */
#include "socket_diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

enum {
	BUFFER_SIZE = 32768,
	/* A connected UDP socket is TCP_ESTABLISHED, too. */
	WITH_PEER = 1 << TCP_ESTABLISHED | 1 << TCP_SYN_SENT | 1 << TCP_FIN_WAIT1 | 1 << TCP_FIN_WAIT2 |
		    1 << TCP_CLOSE_WAIT | 1 << TCP_LAST_ACK | 1 << TCP_CLOSING,
};

struct request {
	struct nlmsghdr header;
	struct inet_diag_req_v2 body;
};

int shim_open_socket_diag(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
}

static void visit_socket(const struct nlmsghdr *message, int protocol, shim_diag_visit visit, void *context)
{
	const struct inet_diag_msg *body = NLMSG_DATA(message);
	struct shim_diag_socket found = {
		.family = body->idiag_family,
		.protocol = (uint8_t)protocol,
		.local_port = ntohs(body->id.idiag_sport),
		.peer_port = ntohs(body->id.idiag_dport),
		.cookie = (uint64_t)body->id.idiag_cookie[1] << 32 | body->id.idiag_cookie[0],
		.interface = body->id.idiag_if,
	};

	if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY || message->nlmsg_len < NLMSG_LENGTH(sizeof(*body)))
		return;
	memcpy(found.local, body->id.idiag_src, sizeof(found.local));
	memcpy(found.peer, body->id.idiag_dst, sizeof(found.peer));
	visit(&found, context);
}

/* The number that ends an answer: an error's, that of a dump that failed on the way, or 0. */
static int outcome(const struct nlmsghdr *message)
{
	int code = 0;

	if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(code)))
		memcpy(&code, NLMSG_DATA(message), sizeof(code));
	return code > 0 ? 0 : -code;
}

/* Reads to the end of an answer. Returns the error number it ends with. */
static int receive(int diag, int protocol, shim_diag_visit visit, void *context)
{
	_Alignas(struct nlmsghdr) char buffer[BUFFER_SIZE];

	while (1) {
		ssize_t length = recv(diag, buffer, sizeof(buffer), 0);

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return errno;
		for (const struct nlmsghdr *at = (const void *)buffer; NLMSG_OK(at, (unsigned int)length);
		     at = NLMSG_NEXT(at, length)) {
			if (at->nlmsg_type == NLMSG_DONE || at->nlmsg_type == NLMSG_ERROR)
				return outcome(at);
			if (visit)
				visit_socket(at, protocol, visit, context);
		}
	}
}

static int fail(int number)
{
	errno = number;
	return number ? -1 : 0;
}

static int ask(int diag, struct request *request, shim_diag_visit visit, void *context)
{
	request->header.nlmsg_len = sizeof(*request);
	request->header.nlmsg_flags |= NLM_F_REQUEST;
	if (send(diag, request, sizeof(*request), 0) < 0)
		return errno;
	return receive(diag, request->body.sdiag_protocol, visit, context);
}

int shim_diag_sockets(int diag, int family, int protocol, shim_diag_visit visit, void *context)
{
	struct request request = {
		.header = { .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_DUMP },
		.body = {
			.sdiag_family = (uint8_t)family,
			.sdiag_protocol = (uint8_t)protocol,
			.idiag_states = WITH_PEER,
		},
	};
	int number = ask(diag, &request, visit, context);

	/* The handler is a module that this kernel does not have. */
	return fail(number == ENOENT ? EOPNOTSUPP : number);
}

int shim_diag_destroy(int diag, const struct shim_diag_socket *socket)
{
	struct request request = {
		.header = { .nlmsg_type = SOCK_DESTROY, .nlmsg_flags = NLM_F_ACK },
		.body = {
			.sdiag_family = socket->family,
			.sdiag_protocol = socket->protocol,
			.id = {
				.idiag_sport = htons(socket->local_port),
				.idiag_dport = htons(socket->peer_port),
				.idiag_if = socket->interface,
				.idiag_cookie = { (uint32_t)socket->cookie, (uint32_t)(socket->cookie >> 32) },
			},
		},
	};

	memcpy(request.body.id.idiag_src, socket->local, sizeof(socket->local));
	memcpy(request.body.id.idiag_dst, socket->peer, sizeof(socket->peer));
	return fail(ask(diag, &request, NULL, NULL));
}
