// SPDX-License-Identifier: Apache-2.0
// libbpf as Swift sees it: loading, pinning and map access; attaching through tcx is in CLinuxShim.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
