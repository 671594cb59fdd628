// SPDX-License-Identifier: Apache-2.0

extension Oracle {
    /// A packet that was changed or sent past the host stack.
    mutating func judgeServed(
        _ input: [UInt8], _ sight: Sight, _ output: [UInt8], _ run: Run, _ target: Target, _ place: Circumstance
    ) throws(Complaint) {
        try judgeHops(input, sight, output, run, place)
        let seen = seenTranslation(sight, output)
        switch target {
        case .flow(let expected, nil):
            guard seen == expected || isEarlier(seen, sight) else { throw .addresses }
        // A flow that is over may begin anew.
        case .flow(let expected, let serving?): if seen != expected { try learn(sight.tuple, seen, serving) }
        case .service(let serving): try learn(sight.tuple, seen, serving)
        case .itself: if seen != sight.tuple { throw .noService }
        }
        try judgeBytes(input, sight, output, seen, run)
    }

    /// Of flows that have shared a backend's port one after the other, the last owns the replies; which it is cannot be
    /// told from SYNs, which may come again. A flow that is over may be followed by one of its backend's own, too.
    private func isEarlier(_ seen: Tuple, _ sight: Sight) -> Bool {
        if known[seen.reversed] == sight.tuple.reversed { return true }
        if seen == sight.tuple { return world.mayTrack(sight.tuple) }
        guard sight.kind == .laterFragment else { return false }
        // It does not show whose ports it has.
        return known.contains { request, translation in
            translation == sight.tuple.reversed && request.source.address == seen.destination.address
                && request.destination.address == seen.source.address
        }
    }

    /// Past the host stack somebody has to lower the TTL, and only as long as there is something left of it.
    private func judgeHops(
        _ input: [UInt8], _ sight: Sight, _ output: [UInt8], _ run: Run, _ place: Circumstance
    ) throws(Complaint) {
        let left = output[Wire.ethernet + (world.isV4 ? 8 : 7)]
        if left == sight.ttl { return }
        guard run.verdict == 7, !place.hook.isEgress, sight.ttl > 1, left == sight.ttl - 1 else { throw .hops }
    }

    /// The tuple that the packet has become.
    private func seenTranslation(_ sight: Sight, _ output: [UInt8]) -> Tuple {
        let size = world.isV4 ? 4 : 16
        var seen = sight.tuple
        if sight.kind == .error {
            let first = sight.quoted + (world.isV4 ? 12 : 8)
            seen.destination = End(Address(output, first, size: size), Wire.word(output, sight.quotedPorts))
            seen.source = End(Address(output, first + size, size: size), Wire.word(output, sight.quotedPorts + 2))
            return seen
        }
        let first = Wire.ethernet + (world.isV4 ? 12 : 8)
        seen.source.address = Address(output, first, size: size)
        seen.destination.address = Address(output, first + size, size: size)
        if sight.kind == .laterFragment {
            // It has none: they are taken from what is known.
            let isSame =
                seen.source.address == sight.outer.source && seen.destination.address == sight.outer.destination
            if !isSame, let expected = known[sight.tuple] {
                (seen.source.port, seen.destination.port) = (expected.source.port, expected.destination.port)
            }
        } else {
            seen.source.port = Wire.word(output, sight.transport)
            seen.destination.port = Wire.word(output, sight.transport + 2)
        }
        return seen
    }

    /// A flow's first translation.
    private mutating func learn(_ tuple: Tuple, _ seen: Tuple, _ serving: Serving) throws(Complaint) {
        let isForwarded = seen == tuple
        if !isForwarded {
            guard serving.backends.contains(seen.destination) else { throw .addresses }
            let isHairpin = seen.destination.address == tuple.source.address && seen.source.address == world.hairpin
            guard isHairpin || seen.source.address == tuple.source.address else { throw .addresses }
            if seen.source.port != tuple.source.port {
                guard world.replacements.contains(seen.source.port) else { throw .addresses }
                var wanted = seen.reversed
                wanted.destination.port = tuple.source.port
                guard mayHold(wanted) else { throw .portKept }
            }
        }
        remember(tuple, seen)
        remember(seen.reversed, tuple.reversed)
    }

    mutating func remember(_ tuple: Tuple, _ translation: Tuple) {
        if known.updateValue(translation, forKey: tuple) == nil { discovered.append(tuple) }
    }

    /// Everything but addresses, ports, TTL, checksums and the largest segment is as it was; the sums stay true.
    private func judgeBytes(
        _ input: [UInt8], _ sight: Sight, _ output: [UInt8], _ seen: Tuple, _ run: Run
    ) throws(Complaint) {
        var expected = input
        let isV4 = world.isV4
        let start = Wire.ethernet
        let (first, size) = isV4 ? (start + 12, 4) : (start + 8, 16)
        var outer = (source: seen.source.address, destination: seen.destination.address)
        // A router on the way keeps its own address.
        if sight.kind == .error, sight.outer.source != sight.tuple.source.address { outer.source = sight.outer.source }
        outer.source.write(to: &expected, first, size: size)
        outer.destination.write(to: &expected, first + size, size: size)
        expected[start + (isV4 ? 8 : 7)] = output[start + (isV4 ? 8 : 7)]
        if isV4 {
            Wire.put(Wire.word(output, start + 10), to: &expected, start + 10)
            let header = start..<start + 20
            guard Wire.sum(input, header) == Wire.sum(output, header) else { throw .headerSum }
        }
        switch sight.kind {
        case .laterFragment: break
        case .error: try judgeQuote(input, sight, output, seen, &expected)
        default: try judgeTransport(input, sight, output, seen, &expected)
        }
        guard Wire.equal(expected, output, run.length) else { throw .bytes }
    }

    private func judgeTransport(
        _ input: [UInt8], _ sight: Sight, _ output: [UInt8], _ seen: Tuple, _ expected: inout [UInt8]
    ) throws(Complaint) {
        let at = sight.transport
        Wire.put(seen.source.port, to: &expected, at)
        Wire.put(seen.destination.port, to: &expected, at + 2)
        let isTCP = sight.tuple.transport == Wire.tcp
        let field = at + (isTCP ? 16 : 6)
        Wire.put(Wire.word(output, field), to: &expected, field)
        if isTCP, sight.tcpFlags & 2 != 0 { lowerSegmentSize(input, sight, output, &expected) }
        if !isTCP {
            // RFC 768: zero says that there is none.
            let (before, after) = (Wire.word(input, field), Wire.word(output, field))
            guard (before == 0) == (after == 0) else { throw .transportSum }
            if before == 0 { return }
        }
        let segment = at..<sight.end
        guard pseudoSum(input, segment) == pseudoSum(output, segment) else { throw .transportSum }
    }

    /// The addresses and what follows, which is what the transport's sum covers beside numbers that stay as they are.
    private func pseudoSum(_ bytes: [UInt8], _ range: Range<Int>) -> UInt32 {
        let addresses = world.isV4 ? 26..<34 : 22..<54
        return (Wire.sum(bytes, addresses) + Wire.sum(bytes, range)) % 0xffff
    }

    /// The first option of a largest segment may have become what fits the overlay (RFC 9293, 3.2).
    private func lowerSegmentSize(
        _ input: [UInt8], _ sight: Sight, _ output: [UInt8], _ expected: inout [UInt8]
    ) {
        var at = sight.transport + 20
        let end = min(sight.transport + Int(input[sight.transport + 12] >> 4) * 4, sight.end)
        let fitting = UInt16(world.overlayMTU - (world.isV4 ? 40 : 60))
        while at + 4 <= end, input[at] != 0 {
            if input[at] == 2 {
                if Wire.word(input, at + 2) > fitting, Wire.word(output, at + 2) == fitting {
                    Wire.put(fitting, to: &expected, at + 2)
                }
                return
            }
            at += input[at] == 1 ? 1 : max(Int(input[at + 1]), 1)
        }
    }

    /// What an ICMP error quotes becomes what its receiver has sent.
    private func judgeQuote(
        _ input: [UInt8], _ sight: Sight, _ output: [UInt8], _ seen: Tuple, _ expected: inout [UInt8]
    ) throws(Complaint) {
        let isV4 = world.isV4
        let (first, size) = isV4 ? (sight.quoted + 12, 4) : (sight.quoted + 8, 16)
        seen.destination.address.write(to: &expected, first, size: size)
        seen.source.address.write(to: &expected, first + size, size: size)
        Wire.put(seen.destination.port, to: &expected, sight.quotedPorts)
        Wire.put(seen.source.port, to: &expected, sight.quotedPorts + 2)
        let field = sight.transport + 2
        Wire.put(Wire.word(output, field), to: &expected, field)
        let message = sight.transport..<sight.end
        guard isV4 else {
            guard pseudoSum(input, message) == pseudoSum(output, message) else { throw .transportSum }
            return
        }
        Wire.put(Wire.word(output, sight.quoted + 10), to: &expected, sight.quoted + 10)
        let quote = sight.quoted..<sight.quoted + 20
        guard Wire.sum(input, quote) == Wire.sum(output, quote) else { throw .quotedSum }
        guard Wire.sum(input, message) == Wire.sum(output, message) else { throw .transportSum }
    }
}
