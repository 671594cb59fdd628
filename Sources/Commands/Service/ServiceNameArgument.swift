// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import DataplaneModel

/// The argument that names a service, completed with those there are.
enum ServiceNameArgument {
    static let name = "NAME"

    static let value = ValueSpec(name, .live(["service", "list", "-q"]))

    /// The same under the name it has beside a backend.
    static let ofBackend = ValueSpec("SERVICE", .live(["service", "list", "-q"]))

    /// `namespace/name` stands for every port of the service, `namespace/name:port` for one.
    static let meaning = "The service, namespace/name[:port]"
}

/// What the manuals say that a command needs.
enum Requirement {
    static let enabled = "An enabled dataplane"
    static let maps = "CAP_BPF and access to the bpffs, or root"
    static let programs = "CAP_BPF and CAP_NET_ADMIN, or root"
    static let inspection = "CAP_SYS_ADMIN, or root"
    static let root = "root, or CAP_SYS_ADMIN and CAP_NET_ADMIN"

    /// Of most commands that read or write the tables.
    static let standard = [enabled, maps]
}
