// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
internal import DataplaneModel

/// One entry of `service_names`: a service's name and the runs of slots it owns, IPv4 first.
struct ServiceRecord: Hashable, Sendable {
    /// First the table that frontends point into, then the listing of all backends.
    struct Run: Hashable, Sendable {
        var first = 0
        var table = 0
        var listed = 0

        var slots: Range<Int> { first..<first + table + listed }
        var listing: Range<Int> { first + table..<first + table + listed }
    }

    var name: ServiceName
    var runs: [Run]

    init(name: ServiceName, runs: [Run] = [Run(), Run()]) {
        self.name = name
        self.runs = runs
    }

    /// Nil when the text is no service name, which only another writer can have put there.
    init?(abi value: service_name) {
        guard let name = try? ServiceName(CText.read(value.text)) else { return nil }
        self.init(name: name, runs: [Run(abi: value.run.0), Run(abi: value.run.1)])
    }

    var abi: service_name {
        var value = service_name()
        value.run = (runs[0].abi, runs[1].abi)
        CText.write(name.text, to: &value.text)
        return value
    }
}

extension ServiceRecord.Run {
    init(abi run: slot_run) {
        self.init(first: Int(run.first), table: Int(run.table), listed: Int(run.listed))
    }

    var abi: slot_run { slot_run(first: UInt32(first), table: UInt32(table), listed: UInt32(listed)) }
}
