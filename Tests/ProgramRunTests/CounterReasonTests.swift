// SPDX-License-Identifier: Apache-2.0

import BPFImages
import BPFRuntime
import CDataplaneABI
import PacketBuilder
import Testing

@testable import Dataplane

/// The reasons of the header against those that the tool names.
struct CounterReasonTests {
    private static let images = ProgramLoader.images(of: DataplaneProgram.all)

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
            .noWay: REASON_NO_WAY, .vlan: REASON_VLAN, .forwardTunnel: REASON_FORWARD_TUNNEL,
            .overlay: REASON_OVERLAY, .overlayUnknownSender: REASON_OVERLAY_UNKNOWN_SENDER,
            .overlayUnserved: REASON_OVERLAY_UNSERVED, .noNode: REASON_NO_NODE,
            .unreachableSent: REASON_UNREACHABLE_SENT, .tooBigSent: REASON_TOO_BIG_SENT,
            .sourceDenied: REASON_SOURCE_DENIED, .spoofed: REASON_SPOOFED,
            .icmpUnrelated: REASON_ICMP_UNRELATED, .icmpTranslated: REASON_ICMP_TRANSLATED,
            .socketLeftToPackets: REASON_SOCKET_LEFT_TO_PACKETS, .otherWorkload: REASON_OTHER_WORKLOAD,
            .otherMachine: REASON_OTHER_MACHINE,
            .overlayInjected: REASON_OVERLAY_INJECTED, .noLocalBackend: REASON_NO_LOCAL_BACKEND,
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
