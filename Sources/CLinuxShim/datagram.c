/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "datagram.h"

#include <netinet/in.h>
#include <string.h>

int shim_want_local_address(int socket, int family)
{
	int yes = 1;

	if (family == AF_INET6)
		return setsockopt(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, &yes, sizeof(yes));
	return setsockopt(socket, IPPROTO_IP, IP_PKTINFO, &yes, sizeof(yes));
}

ssize_t shim_receive_datagram(int socket, void *bytes, size_t size, struct shim_datagram *from)
{
	_Alignas(struct cmsghdr) char control[128];
	struct iovec part = { .iov_base = bytes, .iov_len = size };
	struct msghdr message = {
		.msg_name = &from->peer, .msg_namelen = sizeof(from->peer),
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t length = recvmsg(socket, &message, 0);

	if (length < 0)
		return length;
	memset(from->local, 0, sizeof(from->local));
	for (struct cmsghdr *one = CMSG_FIRSTHDR(&message); one; one = CMSG_NXTHDR(&message, one)) {
		if (one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo information;

			memcpy(&information, CMSG_DATA(one), sizeof(information));
			memcpy(from->local, &information.ipi_addr, sizeof(information.ipi_addr));
		} else if (one->cmsg_level == IPPROTO_IPV6 && one->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo information;

			memcpy(&information, CMSG_DATA(one), sizeof(information));
			memcpy(from->local, &information.ipi6_addr, sizeof(information.ipi6_addr));
		}
	}
	return length;
}

/* The interface stays 0, so that the route to the peer decides it. */
static size_t fill_source(struct cmsghdr *one, const struct shim_datagram *to)
{
	if (to->peer.ss_family == AF_INET6) {
		struct in6_pktinfo information = { 0 };

		memcpy(&information.ipi6_addr, to->local, sizeof(information.ipi6_addr));
		one->cmsg_level = IPPROTO_IPV6;
		one->cmsg_type = IPV6_PKTINFO;
		one->cmsg_len = CMSG_LEN(sizeof(information));
		memcpy(CMSG_DATA(one), &information, sizeof(information));
		return CMSG_SPACE(sizeof(information));
	}
	struct in_pktinfo information = { 0 };

	memcpy(&information.ipi_spec_dst, to->local, sizeof(information.ipi_spec_dst));
	one->cmsg_level = IPPROTO_IP;
	one->cmsg_type = IP_PKTINFO;
	one->cmsg_len = CMSG_LEN(sizeof(information));
	memcpy(CMSG_DATA(one), &information, sizeof(information));
	return CMSG_SPACE(sizeof(information));
}

ssize_t shim_answer_datagram(int socket, const void *bytes, size_t size, const struct shim_datagram *to)
{
	_Alignas(struct cmsghdr) char control[128] = { 0 };
	struct iovec part = { .iov_base = (void *)bytes, .iov_len = size };
	struct msghdr message = {
		.msg_name = (void *)&to->peer,
		.msg_namelen = to->peer.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in),
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};

	message.msg_controllen = fill_source(CMSG_FIRSTHDR(&message), to);
	return sendmsg(socket, &message, MSG_NOSIGNAL);
}
