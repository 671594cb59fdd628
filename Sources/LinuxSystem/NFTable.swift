// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel
import Glibc

/// A table of nftables in the calling thread's network namespace, found and deleted without the program nft(8).
package struct NFTable: Equatable, Sendable {
    /// The kernel's table family: `ip` or `ip6`.
    package let family: AddressFamily
    package let name: String
    package let chains: [String]

    package init(family: AddressFamily, name: String, chains: [String]) {
        self.family = family
        self.name = name
        self.chains = chains
    }

    /// As nft(8) names it: `ip kube-proxy`.
    package var title: String { "\(family == .v4 ? "ip" : "ip6") \(name)" }

    /// False when the kernel has no nf_tables yet, which merely asking for tables would load; true when in doubt.
    package static var isAvailable: Bool {
        if Filesystem.exists("/sys/module/nf_tables") { return true }
        guard let release = try? KernelRelease.current().release,
            let builtIn = try? Filesystem.readText("/lib/modules/\(release)/modules.builtin")
        else { return true }
        return builtIn.split(separator: "\n").contains { $0.hasSuffix("/nf_tables.ko") }
    }

    /// The table of that name with its chains in the kernel's order; nil when there is none.
    package static func find(_ name: String, family: AddressFamily) throws(SystemError) -> NFTable? {
        guard isAvailable else { return nil }
        var body = header(family)
        body.attribute(Attribute.tableName, text: name)
        do throws(SystemError) {
            let socket = try NetlinkExchange(.netfilter)
            _ = try socket.ask(
                .readTable, name, [.init(type: Kind.getTable, ending: .acknowledgement, body: body.bytes)])
            let answers = try socket.ask(
                .readTable, name, [.init(type: Kind.getChain, ending: .wholeTable, body: header(family).bytes)])
            let chains = answers.compactMap { answer -> String? in
                let attributes = NetlinkAttributes(answer.dropFirst(headerSize))
                guard attributes.text(Attribute.chainTable) == name else { return nil }
                return attributes.text(Attribute.chainName)
            }
            return NFTable(family: family, name: name, chains: chains)
        } catch {
            switch error.errno {
            // No such table; a kernel without nf_tables, or without netfilter at all.
            case .noEntry, .notSupported, .invalidArgument, Errno(rawValue: EPROTONOSUPPORT): return nil
            default: throw error
            }
        }
    }

    /// Takes the table away with all that is in it, at once; content when it is gone already.
    package func delete() throws(SystemError) {
        // The subsystem that the batch is for, in network order: NFNL_SUBSYS_NFTABLES.
        let bounds = Self.header(nil, resource: UInt16(10).bigEndian).bytes
        var body = Self.header(family)
        body.attribute(Attribute.tableName, text: name)
        do throws(SystemError) {
            _ = try NetlinkExchange(.netfilter).ask(
                .deleteTable, title,
                [
                    .init(type: Kind.batchBegin, ending: .none, body: bounds),
                    .init(type: Kind.deleteTable, ending: .acknowledgement, body: body.bytes),
                    .init(type: Kind.batchEnd, ending: .none, body: bounds),
                ])
        } catch {
            guard error.errno == .noEntry else { throw error }
        }
    }

    /// Of linux/netfilter/nfnetlink.h and nf_tables.h.
    private enum Kind {
        static let batchBegin: UInt16 = 0x10
        static let batchEnd: UInt16 = 0x11
        static let getTable: UInt16 = 10 << 8 | 1
        static let deleteTable: UInt16 = 10 << 8 | 2
        static let getChain: UInt16 = 10 << 8 | 4
    }

    private enum Attribute {
        static let tableName: UInt16 = 1
        static let chainTable: UInt16 = 1
        static let chainName: UInt16 = 3
    }

    private static let headerSize = 4

    /// `struct nfgenmsg`; families count as in netfilter, where IPv6 has the number of AF_INET6.
    private static func header(_ family: AddressFamily?, resource: UInt16 = 0) -> NetlinkBytes {
        var header = NetlinkBytes()
        header.append(UInt8(truncatingIfNeeded: family?.socketFamily ?? AF_UNSPEC))
        header.append(0 as UInt8)
        header.append(resource)
        return header
    }
}
