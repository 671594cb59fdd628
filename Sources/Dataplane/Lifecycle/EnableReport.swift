// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
package import Topology

/// A step of `enable`, announced before it is taken.
package enum EnableStep: Hashable, Sendable {
    case mountBPFFS(String)
    case cleanUp(String)
    case createDirectory(String)
    case prepareOverlay
    case load(String)
    case resize(map: String)
    case writeRoutes
    case replace(String)
    case attach(String)
    case detach(String)
    case record
    case publish
}

/// Something that `enable` did, or with a dry run would do.
package enum EnableChange: Hashable, Sendable {
    case mounted(String)
    case attached(Attachment)
    case replaced(Attachment)
    case detached(Attachment)
    /// - Parameter used: the entries that it held; of an array, up to the last one in use.
    case resized(map: String, from: Int, to: Int, used: Int)
    case configured(from: [String], to: [String])
    case programsReloaded(from: String, to: String)
    case routes(RouteChanges)
    case overlay(OverlayChange)
}

package struct EnableReport: Hashable, Sendable {
    /// False the first time.
    package var isUpgrade = false
    package var changes: [EnableChange] = []
    package var selection: InterfaceSelection
    package var mechanism: AttachMechanism
    package var overlay: OverlayOutcome
}

extension Attachment {
    /// `from_uplink_v4 on eth0 ingress`, with the interface's name where it is known.
    package func text(interfaceName: (UInt32) -> String?) -> String {
        switch point {
        case .interface(let index, let direction, let mechanism):
            "\(program.pinName) on \(interfaceName(index) ?? "#\(index)") \(direction.rawValue) (\(mechanism.rawValue))"
        case .cgroup(let type, _): "\(program.pinName) on cgroup \(type.name)"
        }
    }
}
