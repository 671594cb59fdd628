/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What kernel programs and Swift share: map names, keys, values, enums and their sizes. */
#ifndef DATAPLANE_ABI_H
#define DATAPLANE_ABI_H

#include <linux/types.h>
#include <stddef.h>

#include "config_abi.h"
#include "counter_abi.h"
#include "flags_abi.h"
#include "meta_abi.h"
#include "trace_abi.h"

#ifdef FAMILY /* a kernel program, compiled for one family: `struct frontend_key` */
#define ABI_FAMILY FAMILY
#define ABI(name) name
#include "family_abi.h"
#else /* Swift sees both: `frontend_key_v4`, `frontend_key_v6` */
#define ABI_FAMILY 4
#define ABI(name) name##_v4
#include "family_abi.h"
#undef ABI_FAMILY
#undef ABI
#define ABI_FAMILY 6
#define ABI(name) name##_v6
#include "family_abi.h"
#endif
#undef ABI_FAMILY
#undef ABI

#endif
