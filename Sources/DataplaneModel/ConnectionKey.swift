// SPDX-License-Identifier: Apache-2.0

/// The tuple a client knows its connection by, written `tcp,10.0.0.1:3333,10.96.0.10:80`.
package struct ConnectionKey: Hashable, Sendable {
    package var transport: TransportProtocol
    package var source: Endpoint
    package var destination: Endpoint

    package var family: AddressFamily { source.family }

    package init(transport: TransportProtocol, source: Endpoint, destination: Endpoint) {
        self.transport = transport
        self.source = source
        self.destination = destination
    }

    /// Reads one word with commas, as listings print it, or three words.
    package init(words: [String]) throws(FilterParseError) {
        let parts =
            words.count == 1 ? words[0].split(separator: ",", omittingEmptySubsequences: false) : words.map { $0[...] }
        guard parts.count == 3 else { throw .malformedTuple(words.joined(separator: " ")) }
        do {
            self.init(
                transport: try TransportProtocol(String(parts[0])), source: try Endpoint(parts[1]),
                destination: try Endpoint(parts[2]))
        } catch {
            throw .address(error)
        }
        guard source.family == destination.family else { throw .mixedFamilies(words.joined(separator: " ")) }
    }

    /// Appends the text form, for dumps that cannot afford a string per cell.
    package func write(into bytes: inout [UInt8]) {
        bytes.append(contentsOf: transport.description.utf8)
        bytes.append(UInt8(ascii: ","))
        source.write(into: &bytes)
        bytes.append(UInt8(ascii: ","))
        destination.write(into: &bytes)
    }
}

extension ConnectionKey: Comparable {
    package static func < (left: ConnectionKey, right: ConnectionKey) -> Bool {
        if left.transport != right.transport { return left.transport < right.transport }
        if left.source != right.source { return left.source < right.source }
        return left.destination < right.destination
    }
}

extension ConnectionKey: CustomStringConvertible {
    package var description: String { text(capacity: 100) { write(into: &$0) } }
}
