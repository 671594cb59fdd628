// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel
import Glibc

/// A virtual server of IPVS in the calling thread's network namespace.
package struct VirtualServer: Hashable, Sendable {
    package enum Match: Hashable, Sendable {
        /// - Parameters:
        ///   - transport: the IP protocol's number.
        ///   - port: in host order.
        case endpoint(IPAddress, port: UInt16, transport: UInt16)
        /// Packets that carry this mark.
        case mark(UInt32, AddressFamily)
    }

    package let match: Match

    package init(_ match: Match) {
        self.match = match
    }

    /// nil for one that goes by marks.
    package var address: IPAddress? {
        if case .endpoint(let address, _, _) = match { address } else { nil }
    }

    /// All of them; none where the kernel has no IPVS.
    package static func all() throws(SystemError) -> [VirtualServer] {
        guard Filesystem.exists("/proc/net/ip_vs") else { return [] }
        let socket = try NetlinkExchange(.generic)
        guard let family = try family(socket, for: .listVirtualServers, "") else { return [] }
        let answers = try socket.ask(
            .listVirtualServers, "",
            [.init(type: family, ending: .wholeTable, body: header(Command.getService).bytes)])
        return answers.compactMap { answer in
            NetlinkAttributes(answer.dropFirst(headerSize))[Attribute.service].flatMap(VirtualServer.init(attributes:))
        }
    }

    /// Takes the virtual server away; content when it is gone already.
    package func delete() throws(SystemError) {
        let socket = try NetlinkExchange(.generic)
        guard let family = try Self.family(socket, for: .deleteVirtualServer, description) else { return }
        var body = Self.header(Command.deleteService)
        body.attribute(Attribute.service | Attribute.nested, attributes)
        do throws(SystemError) {
            _ = try socket.ask(
                .deleteVirtualServer, description,
                [.init(type: family, ending: .acknowledgement, body: body.bytes)])
        } catch {
            // ESRCH: no such service.
            guard error.errno == .noProcess else { throw error }
        }
    }
}

extension VirtualServer: CustomStringConvertible {
    /// `10.96.0.10:80/tcp`, or `mark 5`.
    package var description: String {
        switch match {
        case .mark(let mark, _): return "mark \(mark)"
        case .endpoint(let address, let port, let transport):
            let names: [UInt16: String] = [6: "tcp", 17: "udp", 132: "sctp"]
            let host = address.family == .v6 ? "[\(address)]" : "\(address)"
            return "\(host):\(port)/\(names[transport] ?? "\(transport)")"
        }
    }
}

extension VirtualServer {
    /// The attributes that name it, as the kernel lists and takes them.
    var attributes: [UInt8] {
        var bytes = NetlinkBytes()
        switch match {
        case .mark(let mark, let family):
            bytes.attribute(Attribute.family, UInt16(truncatingIfNeeded: family.socketFamily))
            bytes.attribute(Attribute.mark, mark)
        case .endpoint(let address, let port, let transport):
            bytes.attribute(Attribute.family, UInt16(truncatingIfNeeded: address.family.socketFamily))
            bytes.attribute(Attribute.transport, transport)
            var union: [UInt8] = []
            address.withNetworkBytes { span in for index in span.indices { union.append(span[index]) } }
            bytes.attribute(Attribute.address, union + Array(repeating: 0, count: 16 - union.count))
            bytes.attribute(Attribute.port, port.bigEndian)
        }
        return bytes.bytes
    }

    /// nil for what names none.
    init?(attributes bytes: [UInt8]) {
        let attributes = NetlinkAttributes(bytes[...])
        guard let number: UInt16 = attributes.number(Attribute.family) else { return nil }
        let isIPv6 = Int32(number) == AF_INET6
        if let mark: UInt32 = attributes.number(Attribute.mark), mark != 0 {
            self.init(.mark(mark, isIPv6 ? .v6 : .v4))
            return
        }
        guard let union = attributes[Attribute.address], union.count == 16,
            let address = IPAddress(networkBytes: (isIPv6 ? union : Array(union.prefix(4))).span),
            let port: UInt16 = attributes.number(Attribute.port),
            let transport: UInt16 = attributes.number(Attribute.transport)
        else { return nil }
        self.init(.endpoint(address, port: UInt16(bigEndian: port), transport: transport))
    }

    /// Of linux/ip_vs.h.
    private enum Command {
        static let deleteService: UInt8 = 3
        static let getService: UInt8 = 4
    }

    private enum Attribute {
        static let service: UInt16 = 1
        static let nested: UInt16 = 0x8000
        static let family: UInt16 = 1
        static let transport: UInt16 = 2
        static let address: UInt16 = 3
        static let port: UInt16 = 4
        static let mark: UInt16 = 5
    }

    private static let headerSize = 4

    /// `struct genlmsghdr`.
    private static func header(_ command: UInt8) -> NetlinkBytes {
        var header = NetlinkBytes()
        header.append(command)
        header.append(1 as UInt8)
        header.append(0 as UInt16)
        return header
    }

    /// The number that generic netlink gave to IPVS; nil when it has none.
    private static func family(
        _ socket: borrowing NetlinkExchange, for operation: SystemOperation, _ subject: String
    ) throws(SystemError) -> UInt16? {
        // CTRL_CMD_GETFAMILY of the family GENL_ID_CTRL; CTRL_ATTR_FAMILY_NAME is 2, CTRL_ATTR_FAMILY_ID is 1.
        var body = header(3)
        body.attribute(2, text: "IPVS")
        do throws(SystemError) {
            let answers = try socket.ask(
                operation, subject, [.init(type: 0x10, ending: .acknowledgement, body: body.bytes)])
            return answers.first.flatMap { NetlinkAttributes($0.dropFirst(headerSize)).number(1) }
        } catch {
            guard error.errno == .noEntry else { throw error }
            return nil
        }
    }
}
