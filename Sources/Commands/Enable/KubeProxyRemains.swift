// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Eligibility
import Kubernetes
import LinuxSystem

/// What kube-proxy has left on a node, in parts that go one by one.
struct KubeProxyRemains: Equatable, Sendable {
    enum Part: Equatable, Sendable {
        /// All that goes in one table of iptables, at once.
        case rules(IptablesTool, KubeProxyRules.Table)
        case table(NFTable)
        case servers([VirtualServer])
        case device(index: UInt32)
    }

    /// Something that looks like kube-proxy's and stays.
    enum Kept: Equatable, Sendable {
        case chain(IptablesTool, table: String, KubeProxyRules.Kept)
        /// Its address is not on the device that bears the services' in IPVS mode.
        case server(VirtualServer)
    }

    /// Rules that cannot be looked at.
    enum Unknown: Equatable, Sendable {
        case rules(IptablesTool, UnknownReason)
        /// A table that nft(8) has written rules to which iptables has no words for.
        case table(IptablesTool, String)
    }

    /// The device of the IPVS mode.
    struct Device: Equatable, Sendable {
        let index: UInt32
        let addresses: Set<IPAddress>
    }

    /// In the order in which they go: what takes packets away first, what tells the rest apart last.
    private(set) var parts: [Part] = []
    private(set) var kept: [Kept] = []
    private(set) var unknown: [Unknown] = []

    init(
        listings: [(tool: IptablesTool, listing: IptablesTool.Listing)] = [], tables: [NFTable] = [],
        servers: [VirtualServer] = [], device: Device? = nil
    ) {
        for (tool, listing) in listings {
            switch listing {
            case .unknown(let reason): unknown.append(.rules(tool, reason))
            case .rules(let saved): add(saved, of: tool)
            }
        }
        parts += tables.map(Part.table)
        let own = servers.filter { $0.address.map { device?.addresses.contains($0) == true } ?? false }
        if !own.isEmpty { parts.append(.servers(own)) }
        kept += servers.filter { !own.contains($0) }.map(Kept.server)
        if let device { parts.append(.device(index: device.index)) }
    }

    private mutating func add(_ saved: String, of tool: IptablesTool) {
        for table in KubeProxyRules(saved: saved).tables {
            if !table.isEmpty { parts.append(.rules(tool, table)) }
            kept += table.kept.map { .chain(tool, table: table.name, $0) }
        }
        // "# Table `nat' is incompatible, use 'nft' tool."
        let start = "# Table `"
        for line in saved.split(separator: "\n") where line.hasPrefix(start) {
            let name = line.dropFirst(start.count).prefix { $0 != "'" }
            unknown.append(.table(tool, String(name)))
        }
    }
}

extension KubeProxyRemains {
    /// Looks at this process's network namespace.
    ///
    /// - Parameter deadline: for the programs that print rules.
    static func found(until deadline: Deadline) throws(SystemError) -> KubeProxyRemains {
        var tables: [NFTable] = []
        for family in AddressFamily.allCases {
            if let table = try NFTable.find(KubeProxyRules.nftablesTable, family: family) { tables.append(table) }
        }
        return KubeProxyRemains(
            listings: IptablesTool.all.map { ($0, $0.rules(until: deadline)) }, tables: tables,
            servers: try VirtualServer.all(), device: try Device.found())
    }
}

extension KubeProxyRemains.Device {
    /// nil when there is none of the name, which nobody else uses.
    fileprivate static func found() throws(SystemError) -> Self? {
        let socket = try NetlinkSocket()
        let link = try socket.links().first { $0.name == KubeProxyRules.ipvsDevice }
        guard let link else { return nil }
        let addresses = try socket.addresses().filter { $0.interfaceIndex == link.index }
        return Self(index: link.index, addresses: Set(addresses.map(\.address)))
    }
}

extension KubeProxyRemains.Part {
    /// Takes it away; content when it has gone meanwhile.
    func remove(until deadline: Deadline) throws(IptablesTool.Failure) {
        if case .rules(let tool, let table) = self { return try tool.restore(table.removal, until: deadline) }
        do throws(SystemError) {
            try removeObjects()
        } catch {
            guard error.errno != .noDevice else { return }
            throw .system(error)
        }
    }

    private func removeObjects() throws(SystemError) {
        switch self {
        case .rules: break
        case .table(let table): try table.delete()
        case .servers(let servers): for server in servers { try server.delete() }
        case .device(let index): try NetlinkSocket().deleteLink(index: index)
        }
    }
}
