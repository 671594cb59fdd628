// SPDX-License-Identifier: Apache-2.0

internal import CDataplaneABI
internal import LinuxSystem

/// Whether a dataplane was enabled in the network namespace that looks at it: its tables are the same everywhere, but
/// interfaces, routes and what is attached are those of its own namespace.
package enum HomeNamespace: Hashable, Sendable {
    /// Also where nobody can tell: before Linux 5.14, and of programs that an older version has loaded.
    case here
    /// - Parameter path: by which the namespace can be entered, such as `/proc/1/ns/net`.
    case elsewhere(path: String)
    /// No process, and no mount, leads there any more.
    case gone

    /// The programs know their namespace by its cookie, which connect-time balancing asks for; unlike the number of an
    /// inode it is never given again. So the record needs no word about it.
    init(of directory: PinDirectory) {
        guard let own = NetworkNamespace.currentCookie(), let program = DataplaneProgram.all.first,
            let home = try? LoadedConstants.config(of: program, in: directory)?.host_netns, home != 0, home != own
        else {
            self = .here
            return
        }
        let paths = (try? NetworkNamespace.findAll()) ?? []
        let found = paths.first { path in
            (try? NetworkNamespace(at: path).run { NetworkNamespace.currentCookie() }) == home
        }
        self = found.map { .elsewhere(path: $0) } ?? .gone
    }

    /// Refuses a change of what is attached, or of what follows from interfaces and routes, in another namespace than the
    /// dataplane's own. What is left of one whose namespace is gone can be dealt with anywhere.
    static func require(_ directory: PinDirectory) throws(DataplaneError) {
        if case .elsewhere(let path) = HomeNamespace(of: directory) { throw .otherNamespace(path: path) }
    }
}
