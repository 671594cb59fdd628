// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Compiles the assertions of the ABI headers with the host's compiler too.
#include "dataplane_abi.h"
