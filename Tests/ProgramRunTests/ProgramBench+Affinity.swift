// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import DataplaneModel
import LinuxSystem

@testable import Dataplane

// Session affinity
extension ProgramBench {
    /// Who is kept on which backend, by any service.
    func kept() throws -> [AffinityEntry.Client: Endpoint] {
        let entries = try AffinityStore(in: directory).entries()
        return Dictionary(entries.map { ($0.client, $0.backend) }) { $1 }
    }

    /// CLOCK_MONOTONIC nanoseconds of each client's last new connection.
    func keptSince() throws -> [UInt64] {
        switch family {
        case .v4:
            try Map<affinity_key_v4, affinity_v4>(pinned: directory.map(.affinity(.v4))).entries().map(
                \.value.last_used)
        case .v6:
            try Map<affinity_key_v6, affinity_v6>(pinned: directory.map(.affinity(.v6))).entries().map(
                \.value.last_used)
        }
    }

    /// Writes an entry as if the client's last connection had begun `age` ago.
    func keep(_ client: IPAddress, on backend: Endpoint, of service: UInt32, age: Duration = .zero) throws {
        let entry = AffinityEntry(
            client: .address(client), family: family, serviceID: service, service: nil, backend: backend, age: age,
            remaining: .zero)
        let past = MonotonicClock.nanoseconds - UInt64(age.components.seconds) * 1_000_000_000
        switch family {
        case .v4:
            guard let key = affinity_key_v4(entry), let address = addr_v4(backend.address) else { return }
            var value = affinity_v4()
            (value.last_used, value.addr, value.port) = (past, address, backend.port.bigEndian)
            try Map<affinity_key_v4, affinity_v4>(pinned: directory.map(.affinity(.v4))).update(key, value)
        case .v6:
            guard let key = affinity_key_v6(entry), let address = addr_v6(backend.address) else { return }
            var value = affinity_v6()
            (value.last_used, value.addr, value.port) = (past, address, backend.port.bigEndian)
            try Map<affinity_key_v6, affinity_v6>(pinned: directory.map(.affinity(.v6))).update(key, value)
        }
    }
}
