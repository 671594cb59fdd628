/* SPDX-License-Identifier: Apache-2.0 */
#include "netlink_report.h"

#include <linux/netlink.h>
#include <string.h>

void shim_netlink_explanation(const struct nlmsgerr *report, char *text, size_t size)
{
	const struct nlmsghdr *header = (const void *)((const char *)report - NLMSG_HDRLEN);
	size_t offset = NLMSG_HDRLEN + sizeof(*report);

	text[0] = '\0';
	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		offset += NLMSG_ALIGN(report->msg.nlmsg_len - NLMSG_HDRLEN);
	while (offset + NLA_HDRLEN <= header->nlmsg_len) {
		const struct nlattr *attribute = (const void *)((const char *)header + offset);
		size_t length = attribute->nla_len;

		if (length < NLA_HDRLEN || offset + length > header->nlmsg_len)
			return;
		if ((attribute->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG) {
			length = length - NLA_HDRLEN < size - 1 ? length - NLA_HDRLEN : size - 1;
			memcpy(text, (const char *)attribute + NLA_HDRLEN, length);
			text[length] = '\0';
			return;
		}
		offset += NLA_ALIGN(length);
	}
}
