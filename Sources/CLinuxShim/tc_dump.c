// SPDX-License-Identifier: Apache-2.0

#include "tc_dump.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_SIZE = 32768, ATTEMPTS = 4 };

// Called for each message of a dump.
typedef void (*visit_fn)(const struct nlmsghdr *message, void *context);

static const struct rtattr *find(const struct rtattr *first, int length, unsigned short type)
{
	for (const struct rtattr *at = first; RTA_OK(at, length); at = RTA_NEXT(at, length)) {
		if ((at->rta_type & NLA_TYPE_MASK) == type)
			return at;
	}
	return NULL;
}

static void copy_text(char *to, size_t size, const struct rtattr *attr)
{
	size_t length = attr ? RTA_PAYLOAD(attr) : 0;

	if (length >= size)
		length = size - 1;
	if (length)
		memcpy(to, RTA_DATA(attr), length);
	to[length] = '\0';
}

static uint32_t number(const struct rtattr *attr)
{
	uint32_t value = 0;

	if (attr && RTA_PAYLOAD(attr) >= sizeof(value))
		memcpy(&value, RTA_DATA(attr), sizeof(value));
	return value;
}

// Returns 1 at the end of the dump, 0 when more is to come, -1 with errno set.
static int visit_all(const struct nlmsghdr *at, int length, visit_fn visit, void *context)
{
	for (; NLMSG_OK(at, (unsigned int)length); at = NLMSG_NEXT(at, length)) {
		if (at->nlmsg_type == NLMSG_DONE)
			return 1;
		if (at->nlmsg_type == NLMSG_ERROR) {
			errno = -((const struct nlmsgerr *)NLMSG_DATA(at))->error;
			return -1;
		}
		if (at->nlmsg_flags & NLM_F_DUMP_INTR) {
			errno = EINTR;
			return -1;
		}
		visit(at, context);
	}
	return 0;
}

static int receive(int fd, visit_fn visit, void *context)
{
	_Alignas(struct nlmsghdr) char buffer[BUFFER_SIZE];
	int done = 0;

	while (!done) {
		ssize_t length = recv(fd, buffer, sizeof(buffer), 0);

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return -1;
		done = visit_all((const struct nlmsghdr *)buffer, (int)length, visit, context);
	}
	return done < 0 ? -1 : 0;
}

static int dump(unsigned short type, uint32_t ifindex, uint32_t parent, visit_fn visit, void *context)
{
	struct {
		struct nlmsghdr header;
		struct tcmsg body;
	} request = {
		.header = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.body = { .tcm_family = AF_UNSPEC, .tcm_ifindex = (int)ifindex, .tcm_parent = parent },
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int result, saved;

	if (fd < 0)
		return -1;
	result = send(fd, &request, sizeof(request), 0) < 0 ? -1 : receive(fd, visit, context);
	saved = errno;
	close(fd);
	errno = saved;
	return result;
}

struct filter_list {
	struct shim_tc_filter *filters;
	size_t capacity;
	size_t count;
};

static void visit_filter(const struct nlmsghdr *message, void *context)
{
	struct filter_list *list = context;
	const struct tcmsg *body = NLMSG_DATA(message);
	const struct rtattr *first = TCA_RTA(body);
	int length = (int)TCA_PAYLOAD(message);
	const struct rtattr *options;
	struct shim_tc_filter *to;

	// A priority's head is reported, too; it has no handle and is no filter.
	if (message->nlmsg_type != RTM_NEWTFILTER || body->tcm_handle == 0)
		return;
	if (list->count++ >= list->capacity)
		return;
	to = &list->filters[list->count - 1];
	memset(to, 0, sizeof(*to));
	to->handle = body->tcm_handle;
	to->priority = (uint16_t)(body->tcm_info >> 16);
	to->protocol = ntohs((uint16_t)body->tcm_info);
	copy_text(to->kind, sizeof(to->kind), find(first, length, TCA_KIND));
	options = find(first, length, TCA_OPTIONS);
	if (!options || strcmp(to->kind, "bpf") != 0)
		return;
	to->program_id = number(find(RTA_DATA(options), (int)RTA_PAYLOAD(options), TCA_BPF_ID));
	to->direct_action = !!(number(find(RTA_DATA(options), (int)RTA_PAYLOAD(options), TCA_BPF_FLAGS)) &
			       TCA_BPF_FLAG_ACT_DIRECT);
	copy_text(to->name, sizeof(to->name), find(RTA_DATA(options), (int)RTA_PAYLOAD(options), TCA_BPF_NAME));
}

int shim_tc_filters(uint32_t ifindex, uint32_t parent, struct shim_tc_filter *filters, size_t capacity)
{
	for (int attempt = 1;; attempt++) {
		struct filter_list list = { .filters = filters, .capacity = filters ? capacity : 0 };

		if (dump(RTM_GETTFILTER, ifindex, parent, visit_filter, &list) == 0)
			return (int)list.count;
		// A change during the dump makes it inconsistent; then it is taken again.
		if (errno != EINTR || attempt == ATTEMPTS)
			return -1;
	}
}

struct ingress_search {
	uint32_t ifindex;
	char *kind;
	int found;
};

static void visit_discipline(const struct nlmsghdr *message, void *context)
{
	struct ingress_search *search = context;
	const struct tcmsg *body = NLMSG_DATA(message);

	if (message->nlmsg_type != RTM_NEWQDISC || (uint32_t)body->tcm_ifindex != search->ifindex)
		return;
	if (body->tcm_parent != TC_H_CLSACT)
		return;
	copy_text(search->kind, SHIM_TC_KIND_SIZE, find(TCA_RTA(body), (int)TCA_PAYLOAD(message), TCA_KIND));
	search->found = 1;
}

int shim_tc_ingress_kind(uint32_t ifindex, char kind[SHIM_TC_KIND_SIZE])
{
	for (int attempt = 1;; attempt++) {
		struct ingress_search search = { .ifindex = ifindex, .kind = kind };

		if (dump(RTM_GETQDISC, ifindex, 0, visit_discipline, &search) == 0)
			return search.found;
		if (errno != EINTR || attempt == ATTEMPTS)
			return -1;
	}
}
