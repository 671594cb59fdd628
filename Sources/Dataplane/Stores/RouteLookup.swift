// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel

/// Finds for many addresses the entry that counts for each, as a packet meets it: the longest prefix that holds it.
package struct RouteLookup {
    private let entries: [Prefix: RouteEntry]
    /// Those that occur, longest first.
    private let lengths: [AddressFamily: [Int]]

    package init(_ entries: [RouteEntry]) {
        self.entries = Dictionary(entries.map { ($0.route.prefix, $0) }) { first, _ in first }
        let grouped = Dictionary(grouping: entries.map(\.route.prefix), by: \.family)
        lengths = grouped.mapValues { Set($0.map(\.length)).sorted(by: >) }
    }

    package func entry(for address: IPAddress) -> RouteEntry? {
        for length in lengths[address.family] ?? [] {
            if let entry = entries[Prefix(around: address, length: length)] { return entry }
        }
        return nil
    }
}
