// SPDX-License-Identifier: Apache-2.0

package import LinuxSystem
internal import Topology

/// A neighbour of the kernel's on an interface that the programs send by, and what the routes say it is.
package struct DataplaneNeighbour: Hashable, Sendable {
    package let neighbour: Neighbour
    package let interfaceName: String
    /// The entry of the routes maps that holds its address; nil when none does.
    package let route: RouteEntry?
}

extension Dataplane {
    /// The kernel's own table, on uplinks, workloads and the bridges of workloads; by interface, then address.
    ///
    /// The programs keep no table of link-layer addresses: they ask the kernel for the next hop's.
    package func neighbours() throws(DataplaneError) -> [DataplaneNeighbour] {
        let options = EnableOptions(words: try record().configuration)
        let routes = try routes().routes()
        let (snapshot, neighbours) = try system { () throws(SystemError) in
            let socket = try NetlinkSocket()
            return (try NodeSnapshot(reading: socket), try socket.neighbours())
        }
        let selection = InterfaceSelection(snapshot, options: options.selection)
        let links = selection.uplinks + selection.workloads
        let names = Dictionary(
            (links + links.compactMap { snapshot.link(index: $0.masterIndex) }).map { ($0.index, $0.name) }
        ) { first, _ in first }
        return neighbours.compactMap { neighbour in
            guard let name = names[neighbour.interfaceIndex], !neighbour.state.contains(.noARP) else { return nil }
            return DataplaneNeighbour(
                neighbour: neighbour, interfaceName: name, route: routes.covering(neighbour.address))
        }
    }
}
