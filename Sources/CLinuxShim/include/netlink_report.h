/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel says in the message that refuses a netlink request. */
#ifndef EBPFCTL_NETLINK_REPORT_H
#define EBPFCTL_NETLINK_REPORT_H

#include <stddef.h>

struct nlmsgerr;

/**
 * Copies the text of the extended acknowledgement after `report` into `text`, always terminated; "" if there is none.
 *
 * `report` must be the payload of a whole NLMSG_ERROR message.
 */
void shim_netlink_explanation(const struct nlmsgerr *_Nonnull report, char *_Nonnull text, size_t size);

#endif
