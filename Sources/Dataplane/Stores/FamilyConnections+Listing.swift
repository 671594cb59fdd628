// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
internal import DataplaneModel
internal import LinuxSystem

extension FamilyConnections {
    /// Calls `body` for each connection that the filter lets pass, once its two entries have been met.
    ///
    /// An entry has its place in one bucket of the kernel's, which is copied at once: none comes twice, whatever
    /// changes meanwhile, and so no connection does. While `body` works, a thread reads on.
    func forEach(
        _ filter: EntryFilter<ABI>, names: [UInt32: ServiceName], _ body: (Connection) throws -> Void
    ) throws {
        let now = MonotonicClock.nanoseconds
        var failure: KernelError?
        try produce(
            ahead: 2,
            { (pairs: Handover<[EntryPair<ABI>]>) in
                do throws(KernelError) { try read(filter, into: pairs) } catch { failure = error }
            },
            use: { pairs in
                while let batch = pairs.take() {
                    for pair in batch {
                        let (key, request, reply) = (pair.key, pair.request, pair.reply)
                        if let connection = Connection(key, request, reply: reply, now: now, names: names) {
                            try body(connection)
                        }
                    }
                }
            })
        if let failure { throw failure }
    }

    private func read(
        _ filter: EntryFilter<ABI>, into pairs: Handover<[EntryPair<ABI>]>
    ) throws(KernelError) {
        var cursor = try map.cursor()
        var waiting = PairTable<ABI>(entries: capacity)
        var alone: [EntryPair<ABI>] = []
        while try cursor.next() {
            var batch: [EntryPair<ABI>] = []
            cursor.withBatch { keys, values in
                for index in keys.indices {
                    let value = values[index]
                    if value.isReply {
                        let key = keys[index].twin(value)
                        guard filter.mayMatch(key, reply: value) else { continue }
                        if let request = waiting.match(key, value, isReply: true).other {
                            batch.append(EntryPair(key: key, request: request, reply: value))
                        }
                    } else if filter.matches(keys[index], value) {
                        let (reply, isKept) = waiting.match(keys[index], value, isReply: false)
                        let pair = EntryPair<ABI>(key: keys[index], request: value, reply: reply)
                        if reply != nil { batch.append(pair) } else if !isKept { alone.append(pair) }
                    }
                }
            }
            try batch.append(contentsOf: completed(alone))
            alone.removeAll(keepingCapacity: true)
            if !batch.isEmpty, !pairs.put(batch) { return }
        }
        waiting.forEachRequest { key, request in alone.append(EntryPair(key: key, request: request)) }
        _ = pairs.put(try completed(alone))
    }

    /// Looks up the replies that have not been met.
    private func completed(_ pairs: [EntryPair<ABI>]) throws(KernelError) -> [EntryPair<ABI>] {
        var completed = pairs
        for index in pairs.indices {
            let (key, request) = (pairs[index].key, pairs[index].request)
            guard let reply = try map.lookUp(key.twin(request)), reply.leads(backTo: key) else { continue }
            completed[index].reply = reply
        }
        return completed
    }
}

/// The two entries of a connection.
private struct EntryPair<ABI: FamilyABI> {
    var key: ABI.ConnectionKey
    var request: ABI.Connection
    var reply: ABI.Connection?
}
