// SPDX-License-Identifier: Apache-2.0

package import LinuxSystem

extension RunningProcess {
    /// Whether this is kube-proxy: by its command name, its own `argv[0]`, or as a word of a program that holds several
    /// of Kubernetes' components, such as `hyperkube kube-proxy`.
    ///
    /// A program that runs it without saying so, such as `k3s server`, is not recognised.
    package var isKubeProxy: Bool {
        if name == "kube-proxy" { return true }
        guard let program = arguments.first.map(Self.baseName) else { return false }
        if program == "kube-proxy" { return true }
        // A shell or an editor may be given the name of a file.
        return ["hyperkube", "kubernetes"].contains(program) && arguments.dropFirst().first == "kube-proxy"
    }

    private static func baseName(_ path: String) -> Substring { path.split(separator: "/").last ?? "" }

    /// Whether it lives in this process's network namespace; one that may not be looked at counts as if it did.
    ///
    /// The kube-proxy of a node that is a container, as in `kind`, is none of the machine around it.
    var isOnThisNetwork: Bool {
        do throws(SystemError) {
            let own = try Filesystem.identity("/proc/thread-self/ns/net")
            return try Filesystem.identity("/proc/\(id)/ns/net") == own
        } catch {
            // It has ended, or is a zombie.
            return error.errno != .noEntry && error.errno != .noProcess
        }
    }
}
