// SPDX-License-Identifier: Apache-2.0

import BPFImages
import BPFRuntime
import CDataplaneABI
import DataplaneModel
import Testing

@testable import Dataplane

/// The structs of the headers as Swift sees them, against what the BPF compiler made of them in every object.
struct ABILayoutTests {
    /// A struct by its name in the BPF sources, its size and its fields with their offsets.
    private struct Layout {
        let name: String
        let size: Int
        let offsets: [String: Int]

        init<Value>(_ name: String, _ type: Value.Type, _ fields: [(String, PartialKeyPath<Value>)]) {
            self.name = name
            size = MemoryLayout<Value>.size
            offsets = fields.reduce(into: [:]) { $0[$1.0] = MemoryLayout<Value>.offset(of: $1.1) }
        }
    }

    private static let v4: [Layout] = [
        Layout("addr", addr_v4.self, [("word", \.word)]),
        Layout(
            "frontend_key", frontend_key_v4.self,
            [("addr", \.addr), ("port", \.port), ("proto", \.proto), ("pad", \.pad)]),
        Layout(
            "frontend", frontend_v4.self,
            [
                ("service_id", \.service_id), ("first_slot", \.first_slot), ("slot_count", \.slot_count),
                ("local_count", \.local_count), ("affinity_seconds", \.affinity_seconds), ("flags", \.flags),
            ]),
        Layout(
            "slot", slot_v4.self, [("addr", \.addr), ("port", \.port), ("flags", \.flags), ("weight", \.weight)]),
        Layout(
            "connection_key", connection_key_v4.self,
            [
                ("src", \.src), ("dst", \.dst), ("sport", \.sport), ("dport", \.dport), ("proto", \.proto),
                ("pad", \.pad),
            ]),
        Layout(
            "connection", connection_v4.self,
            [
                ("created", \.created), ("last_seen", \.last_seen), ("packets", \.packets), ("bytes", \.bytes),
                ("src", \.src), ("dst", \.dst), ("sport", \.sport), ("dport", \.dport), ("next_hop", \.next_hop),
                ("ifindex", \.ifindex), ("service_id", \.service_id), ("flags", \.flags), ("forward", \.forward),
                ("tcp_seen", \.tcp_seen), ("pad", \.pad),
            ]),
        Layout("route_key", route_key_v4.self, [("prefix_length", \.prefix_length), ("addr", \.addr)]),
        Layout("route", route_v4.self, [("flags", \.flags), ("ifindex", \.ifindex), ("node", \.node)]),
        Layout(
            "socket_key", socket_key_v4.self,
            [("cookie", \.cookie), ("addr", \.addr), ("port", \.port), ("pad", \.pad)]),
        Layout(
            "socket", socket_v4.self,
            [("addr", \.addr), ("port", \.port), ("proto", \.proto), ("service_id", \.service_id)]),
    ]

    private static let v6: [Layout] = [
        Layout("addr", addr_v6.self, [("word", \.word)]),
        Layout(
            "frontend_key", frontend_key_v6.self,
            [("addr", \.addr), ("port", \.port), ("proto", \.proto), ("pad", \.pad)]),
        Layout(
            "frontend", frontend_v6.self,
            [
                ("service_id", \.service_id), ("first_slot", \.first_slot), ("slot_count", \.slot_count),
                ("local_count", \.local_count), ("affinity_seconds", \.affinity_seconds), ("flags", \.flags),
            ]),
        Layout(
            "slot", slot_v6.self, [("addr", \.addr), ("port", \.port), ("flags", \.flags), ("weight", \.weight)]),
        Layout(
            "connection_key", connection_key_v6.self,
            [
                ("src", \.src), ("dst", \.dst), ("sport", \.sport), ("dport", \.dport), ("proto", \.proto),
                ("pad", \.pad),
            ]),
        Layout(
            "connection", connection_v6.self,
            [
                ("created", \.created), ("last_seen", \.last_seen), ("packets", \.packets), ("bytes", \.bytes),
                ("src", \.src), ("dst", \.dst), ("sport", \.sport), ("dport", \.dport), ("next_hop", \.next_hop),
                ("ifindex", \.ifindex), ("service_id", \.service_id), ("flags", \.flags), ("forward", \.forward),
                ("tcp_seen", \.tcp_seen),
            ]),
        Layout("route_key", route_key_v6.self, [("prefix_length", \.prefix_length), ("addr", \.addr)]),
        Layout("route", route_v6.self, [("flags", \.flags), ("ifindex", \.ifindex), ("node", \.node)]),
        Layout(
            "socket_key", socket_key_v6.self,
            [("cookie", \.cookie), ("addr", \.addr), ("port", \.port), ("pad", \.pad), ("pad2", \.pad2)]),
        Layout(
            "socket", socket_v6.self,
            [("addr", \.addr), ("port", \.port), ("proto", \.proto), ("service_id", \.service_id)]),
    ]

    private static let common: [Layout] = [
        Layout("counter", counter.self, [("packets", \.packets), ("bytes", \.bytes)]),
        Layout(
            "meta", meta.self,
            [
                ("abi_version", \.abi_version), ("next_service_id", \.next_service_id), ("enabled_at", \.enabled_at),
                ("next_slot", \.next_slot), ("tool_version", \.tool_version), ("configuration", \.configuration),
            ]),
        Layout("slot_run", slot_run.self, [("first", \.first), ("table", \.table), ("listed", \.listed)]),
        Layout("service_name", service_name.self, [("run", \.run), ("text", \.text)]),
        Layout(
            "dataplane_config", dataplane_config.self,
            [
                ("flags", \.flags), ("port_first", \.port_first), ("port_count", \.port_count),
                ("syn_timeout", \.syn_timeout),
                ("established_timeout", \.established_timeout), ("fin_timeout", \.fin_timeout),
                ("reset_timeout", \.reset_timeout), ("udp_timeout", \.udp_timeout), ("hairpin_v4", \.hairpin_v4),
                ("hairpin_v6", \.hairpin_v6), ("reserved", \.reserved),
            ]),
    ]

    private static let images = ProgramLoader.images(of: DataplaneProgram.all)

    @Test(arguments: images.indices) func sizesAndOffsetsAreThoseOfTheObjectsTypeInformation(index: Int) throws {
        let (image, programs) = Self.images[index]
        let family = try #require(programs.first?.family)
        let structures = try BTFLayout.structures(of: image.bytes, name: image.name)
        for expected in (family == .v4 ? Self.v4 : Self.v6) + Self.common {
            let found = try #require(structures[expected.name], "\(image.name) has no struct \(expected.name)")
            let offsets = found.fields.reduce(into: [:]) { $0[$1.name] = $1.offset }
            #expect(found.size == expected.size, "\(image.name): struct \(expected.name)")
            #expect(offsets == expected.offsets, "\(image.name): struct \(expected.name)")
        }
    }

    /// Bytes that nobody names would reach the kernel as they happen to lie in memory.
    @Test(arguments: images.indices) func noStructHasAGap(index: Int) throws {
        let (image, programs) = Self.images[index]
        let structures = try BTFLayout.structures(of: image.bytes, name: image.name)
        for layout in (programs.first?.family == .v4 ? Self.v4 : Self.v6) + Self.common {
            let fields = try #require(structures[layout.name]).fields
            var end = 0
            for field in fields {
                #expect(field.offset == end, "\(image.name): \(layout.name).\(field.name)")
                end = field.offset + field.size
            }
            #expect(end == layout.size, "\(image.name): \(layout.name)")
        }
    }

    /// Neither renumbered nor forgotten: the tables of the tool are indexed by these numbers.
    @Test func everyReasonHasTheNumberOfTheHeader() {
        let numbers: [CounterReason: reason] = [
            .notIP: REASON_NOT_IP, .notService: REASON_NOT_SERVICE, .noConnection: REASON_NO_CONNECTION,
            .notTCPUDP: REASON_NOT_TCP_UDP, .fragment: REASON_FRAGMENT, .extensionHeader: REASON_EXTENSION_HEADER,
            .truncated: REASON_TRUNCATED, .malformed: REASON_MALFORMED, .noBackend: REASON_NO_BACKEND,
            .ttlExpired: REASON_TTL_EXPIRED, .hostToItself: REASON_HOST_TO_ITSELF,
            .clientSide: REASON_CLIENT_SIDE, .forwardStack: REASON_FORWARD_STACK,
            .forwardPeer: REASON_FORWARD_PEER, .forwardNeighbor: REASON_FORWARD_NEIGHBOR,
            .tracked: REASON_TRACKED, .slotMissing: REASON_SLOT_MISSING, .tableFull: REASON_TABLE_FULL,
            .collision: REASON_COLLISION, .writeFailed: REASON_WRITE_FAILED,
            .socketTranslated: REASON_SOCKET_TRANSLATED, .socketRestored: REASON_SOCKET_RESTORED,
            .socketNotService: REASON_SOCKET_NOT_SERVICE, .socketNoBackend: REASON_SOCKET_NO_BACKEND,
            .socketSlotMissing: REASON_SOCKET_SLOT_MISSING, .socketTableFull: REASON_SOCKET_TABLE_FULL,
            .newConnection: REASON_NEW_CONNECTION, .expired: REASON_EXPIRED, .portReplaced: REASON_PORT_REPLACED,
            .noWay: REASON_NO_WAY, .vlan: REASON_VLAN,
        ]
        #expect(numbers.count == CounterReason.allCases.count)
        #expect(CounterReason.allCases.count == Int(REASON_COUNT.rawValue))
        for reason in CounterReason.allCases { #expect(numbers[reason]?.rawValue == reason.rawValue) }
    }

    @Test func everyReasonHasANameAndACaptionOfItsOwn() {
        let names = CounterReason.allCases.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.allSatisfy { $0.isLowercase || $0 == "-" } })
        let captions = CounterReason.allCases.map(\.caption)
        #expect(Set(captions).count == captions.count)
        #expect(captions.allSatisfy { !$0.isEmpty && !$0.hasSuffix(".") })
    }

    @Test(arguments: images.indices) func theCountersMapHasRoomForEveryReason(index: Int) throws {
        let image = Self.images[index].image
        let object = try BPFObject(name: image.name, image: image.bytes)
        let counters = try #require(object.maps.first { $0.name == "counters" })
        #expect(counters.maxEntries == UInt32(CounterReason.allCases.count))
    }
}
