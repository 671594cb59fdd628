// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
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

extension ServiceStore {
    /// Why a command that takes exactly one port of a service found none of the name.
    borrowing func unknown(_ name: ServiceName) -> DataplaneError {
        .unknownService(name, ports: names.values.filter { name.covers($0) }.sorted())
    }
}
