// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

/// The built tool on real nodes: network namespaces, sockets, a bpffs and a cgroup of their own.
///
/// One test at a time: each of them is about what a node does as a whole, and many count what the kernel holds.
@Suite(.serialized, .needsKernel) struct EndToEnd {}
