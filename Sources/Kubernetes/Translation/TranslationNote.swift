// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel

/// Something that a reader of the objects might expect and does not find in the desired state.
package enum TranslationNote: Hashable, Sendable {
    package enum Ignored: Hashable, Sendable {
        case headless
        case externalName
        case noClusterIP
        case noPorts
        /// Labelled for another proxy, by that proxy's name.
        case otherProxy(String)
        case labelledHeadless
    }

    case skippedKind(ObjectSet.UnknownKind, count: Int)
    /// An object that came again; the last one counts.
    case repeated(kind: String, name: String)
    case ignored(ObjectName, Ignored)
    case unsupportedProtocol(ServiceName, PortProtocol)
    case externalIPNotAllowed(ObjectName, IPAddress)
    /// A slice of host names, or of no service.
    case sliceOfNames(ObjectName)
    case sliceOfNoService(ObjectName)
    /// Left out of the service, because the dataplane could not serve it.
    case refused(ServiceName, ServiceProblem)
    /// The frontend stays with the first service.
    case conflict(FrontendConflict, winner: ServiceName)
    /// Traffic that may leave the node can meet pods of this node that are about to end, as well as ready ones.
    case sharedTerminating(ServiceName)
    case nodeWithoutAddress(String, AddressFamily)
    case repeatedRoute(Prefix, first: String, second: String)
    /// Left out of the service, which is served at its other addresses.
    case nodePortOutOfRange(ServiceName, NodePort, PortRange)
    /// No Node object and no endpoint knows this node by its name.
    case placesByRoutes(node: String)
    /// Endpoints are hinted for zones, and nothing says which zone this node is in.
    case hintsWithoutNode
    /// This node, by its object, has other addresses than this machine.
    case strangeNode(String)
    /// Of pods that need a route each, so many have none.
    case podRoutesLeftOut(Int, limit: Int)
    /// Other nodes, by name, whose pods nothing but their endpoints tells of.
    case nodesWithoutPodCIDRs([String])
    /// An `InternalIP`, in its own words, at which nobody can reach the node.
    case unusableInternalIP(node: String, address: String)
    /// The API server would have become unreachable.
    case keptAPIServer(ServiceName)
}
