// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import DataplaneModel
import LinuxSystem
import TestSupport
import Testing

@testable import Dataplane

@Suite(.needsKernel) struct AffinityStoreTests {
    private let maps: PinnedMaps
    private let web: ServiceName
    private let dns: ServiceName

    /// Two services with the numbers 0 and 1; the clients of the first are kept for an hour.
    init() throws {
        maps = try PinnedMaps()
        var first = try Service("default/web:http", of: ["30080/tcp"], ["10.1.0.2:8080", "[fd00:1::2]:8080"])
        first.affinity = .seconds(3600)
        let second = try Service("kube-system/dns", of: ["30053/udp"], ["10.1.0.9:53"])
        (web, dns) = (first.name, second.name)
        try maps.apply(first)
        try maps.apply(second)
    }

    private func entries(of service: String? = nil) throws -> [AffinityEntry] {
        let store = try AffinityStore(in: maps.directory)
        return try store.entries(of: try service.map { try ServiceName($0) })
    }

    /// What a program leaves for a client that connected `age` ago.
    private func keep(_ client: String, service: UInt32, _ backend: String, age: Duration = .zero) throws {
        let map = try Map<affinity_key_v4, affinity_v4>(pinned: maps.directory.map(.affinity(.v4)))
        let endpoint = try Endpoint(backend)
        let key = affinity_key_v4(
            client: try #require(addr_v4(try IPAddress(client))), service_id: service, kind: AFFINITY_ADDRESS.rawValue)
        let value = affinity_v4(
            last_used: MonotonicClock.nanoseconds - UInt64(age.components.seconds) * 1_000_000_000,
            addr: try #require(addr_v4(endpoint.address)), port: endpoint.port.bigEndian, pad: 0)
        try map.update(key, value)
    }

    private func keep(cookie: UInt32, service: UInt32, _ backend: String) throws {
        let map = try Map<affinity_key_v6, affinity_v6>(pinned: maps.directory.map(.affinity(.v6)))
        let endpoint = try Endpoint(backend)
        let key = affinity_key_v6(
            client: addr_v6(word: (cookie, 0, 0, 0)), service_id: service, kind: AFFINITY_NETNS.rawValue)
        let value = affinity_v6(
            last_used: MonotonicClock.nanoseconds, addr: try #require(addr_v6(endpoint.address)),
            port: endpoint.port.bigEndian, pad: 0, pad2: 0)
        try map.update(key, value)
    }

    @Test func aClientIsShownWithItsBackendAndTheTimeItHasLeft() throws {
        try keep("192.0.2.7", service: 0, "10.1.0.2:8080", age: .seconds(100))
        let entry = try #require(try entries().first)
        #expect(entry.client == .address(try IPAddress("192.0.2.7")))
        #expect(entry.service == web)
        #expect(entry.backend == (try Endpoint("10.1.0.2:8080")))
        #expect(entry.age >= .seconds(100))
        #expect(entry.age + entry.remaining == .seconds(3600))
        #expect(!entry.isExpired)
    }

    @Test func aNetworkNamespaceIsShownByTheNumberOfItsCookie() throws {
        try keep(cookie: 4711, service: 0, "[fd00:1::2]:8080")
        let entry = try #require(try entries().first)
        #expect(entry.client == .namespace(cookie: 4711))
        #expect(entry.client.description == "netns:4711")
        #expect(entry.family == .v6)
        #expect(entry.backend == (try Endpoint("[fd00:1::2]:8080")))
    }

    /// By age, because the service keeps nobody any more, and because it is gone.
    @Test(
        arguments: [
            (0, 3601, "default/web:http"), (1, 0, "kube-system/dns"), (77, 0, nil),
        ] as [(UInt32, Int, String?)])
    func anEntryThatKeepsNobodyHasExpired(service: UInt32, age: Int, name: String?) throws {
        try keep("192.0.2.7", service: service, "10.1.0.2:8080", age: .seconds(age))
        let entry = try #require(try entries().first)
        #expect(entry.isExpired)
        #expect(entry.remaining == .zero)
        #expect(entry.service?.text == name)
    }

    @Test func entriesAreSortedByServiceThenClientAndLimitedToAService() throws {
        try keep("192.0.2.9", service: 0, "10.1.0.2:8080")
        try keep("192.0.2.7", service: 0, "10.1.0.2:8080")
        try keep("192.0.2.8", service: 1, "10.1.0.9:53")
        try keep("192.0.2.10", service: 77, "10.1.0.9:53")
        try keep(cookie: 5, service: 0, "[fd00:1::2]:8080")
        #expect(
            try entries().map { "\($0.service?.text ?? "-") \($0.client)" } == [
                "- 192.0.2.10", "default/web:http 192.0.2.7", "default/web:http 192.0.2.9", "default/web:http netns:5",
                "kube-system/dns 192.0.2.8",
            ])
        #expect(try entries(of: "kube-system/dns").map(\.client.description) == ["192.0.2.8"])
        #expect(try entries(of: "default/web").count == 3)
        #expect(throws: DataplaneError.unknownService(try ServiceName("default/no"))) { try entries(of: "default/no") }
    }

    @Test func deletingLetsOnlyTheseClientsGo() throws {
        try keep("192.0.2.7", service: 0, "10.1.0.2:8080")
        try keep("192.0.2.7", service: 1, "10.1.0.9:53")
        try keep(cookie: 5, service: 0, "[fd00:1::2]:8080")
        let store = try AffinityStore(in: maps.directory)
        try store.delete(try store.entries(of: web))
        #expect(try entries().map(\.service) == [dns])
        try store.delete(try store.entries())
        #expect(try entries() == [])
    }
}
