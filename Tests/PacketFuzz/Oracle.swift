// SPDX-License-Identifier: Apache-2.0

/// What a run has given.
package struct Run {
    package var verdict: Int32
    package var length: Int
}

/// What a program did wrong.
package enum Complaint: String, Error, Sendable {
    case verdict = "a verdict that no program should give"
    case touchedForeign = "a packet of no flow was touched, redirected or dropped"
    case servedAtOverlay = "a packet of no flow was let through at the overlay"
    case spoofed = "a packet that a workload may not send was not dropped"
    case injected = "a workload's packet to the overlay was not dropped"
    case droppedOwn = "a packet of a flow was dropped without a rule that says so"
    case length = "a translated packet has another length"
    case bytes = "other bytes than those of a translation were changed"
    case addresses = "translated to somebody who is not the flow's other end"
    case hops = "the TTL was not lowered by one, or ran out"
    case headerSum = "the IP header's checksum does not follow the change"
    case transportSum = "the transport's checksum does not follow the change"
    case quotedSum = "the quoted header's checksum does not follow the change"
    case noService = "translated, but no service and no tracked flow"
    case answer = "an ICMP answer that is not one about the packet"
    case answeredError = "an ICMP error was answered with one"
    case portKept = "the client's port was replaced although it was free"
}

/// Judges what becomes of packets by what the RFCs say that they are, what services there are, and what has become of
/// earlier packets: a flow's first translation is checked against its service, and binds all that follow.
package struct Oracle: Sendable {
    package enum Judgement {
        /// None of ours, and left alone.
        case foreign
        /// One of ours that was left alone.
        case left
        case served
        case refused
        case dropped
    }

    let world: World
    /// Tuple → what it is translated to; the same tuple for flows that are sent on as they are.
    var known: [Tuple: Tuple] = [:]
    /// The tuples of flows that are over and still in the table.
    package var stale: Set<Tuple> = []
    /// The tuples of ``known`` in the order of their discovery, to make packets from.
    var discovered: [Tuple] = []
    var fragments: [Fragment: Tuple] = [:]

    struct Fragment: Hashable, Sendable {
        var source: Address
        var destination: Address
        var identification: UInt32
        var transport: UInt8
    }

    package init(_ world: World) { self.world = world }

    /// Whether exactly one exit is to be counted; otherwise none is.
    func isCounted(_ input: [UInt8], _ place: Circumstance) -> Bool {
        switch Wire.word(input, 12) {
        case world.etherType: !(place.isDone && place.hook.isEgress)
        // Programs of both families see such a packet; one counts it.
        case world.otherEtherType: false
        default: world.isV4
        }
    }

    /// Whether the connection table may have an entry for this tuple.
    package func mayHold(_ tuple: Tuple) -> Bool {
        known[tuple] != nil || stale.contains(tuple) || world.mayTrack(tuple) || world.mayTrack(tuple.reversed)
    }

    /// - Parameter input: as the program got it; `output` as it left it.
    package mutating func judge(
        _ input: [UInt8], _ length: Int, at place: Circumstance, _ output: [UInt8], _ run: Run
    ) throws(Complaint) -> Judgement {
        guard run.verdict == -1 || run.verdict == 2 || run.verdict == 7 else { throw .verdict }
        let isSame = length == run.length && Wire.equal(input, output, length)
        if let judgement = try judgeSource(input, place, run) { return judgement }
        guard let sight = sight(input, length, place) else { return try judgeForeign(input, place, isSame, run) }
        if isInjected(sight, place) {
            guard run.verdict == 2 else { throw .injected }
            return .dropped
        }
        guard let target = target(sight, place) else { return try judgeForeign(input, place, isSame, run) }
        switch run.verdict {
        case 2:
            guard place.hook == .fromOverlay || mayDrop(target) else { throw .droppedOwn }
            return .dropped
        case -1 where isSame: return .left
        default: break
        }
        if run.verdict == 7, sight.kind != .error, Self.isAnswer(output, isV4: world.isV4) {
            try judgeAnswer(input, sight, output, run, target, place)
            return .refused
        }
        guard length == run.length else {
            throw sight.kind == .error ? .answeredError : .length
        }
        try judgeServed(input, sight, output, run, target, place)
        return .served
    }

    /// Where a packet of ours is to go.
    enum Target {
        /// As all others of its flow. If it may also open the flow anew, then at `service`.
        case flow(Tuple, opening: Serving?)
        case service(Serving)
        /// On, as it is.
        case itself
    }

    private func mayDrop(_ target: Target) -> Bool {
        switch target {
        case .flow(_, let serving?), .service(let serving): serving.isRestricted || serving.mayDrop
        default: false
        }
    }

    /// What the packet is; nil if it cannot be of any flow.
    private mutating func sight(_ input: [UInt8], _ length: Int, _ place: Circumstance) -> Sight? {
        guard Wire.word(input, 12) == world.etherType, !place.isTagged, !(place.isDone && place.hook.isEgress),
            place.hook != .fromOverlay || place.sender != nil && place.isSenderKnown && !place.isForeignNetwork,
            var sight = Sight(input, length, isV4: world.isV4)
        else { return nil }
        let key = Fragment(
            source: sight.outer.source, destination: sight.outer.destination, identification: sight.fragment,
            transport: sight.tuple.transport)
        switch sight.kind {
        case .firstFragment: fragments[key] = sight.tuple
        case .laterFragment:
            guard let first = fragments[key] else { return nil }
            sight.tuple = first
        default: break
        }
        return sight
    }

    /// What another node would take for forwarded by this one.
    private func isInjected(_ sight: Sight, _ place: Circumstance) -> Bool {
        guard sight.kind != .error, sight.tuple.transport == Wire.udp, sight.tuple.destination.port == world.overlayPort
        else { return false }
        return switch place.hook {
        case .fromWorkload: world.members.contains(sight.tuple.destination.address)
        case .toUplink: place.ingress != 0 && world.nodes.contains(sight.tuple.source.address)
        default: false
        }
    }

    private func target(_ sight: Sight, _ place: Circumstance) -> Target? {
        let isOverlay = place.hook == .fromOverlay
        let serving = sight.opens ? world.serving(sight.tuple.destination, anyNode: isOverlay) : nil
        if let translation = known[sight.tuple] { return .flow(translation, opening: serving) }
        if let serving { return .service(serving) }
        return !isOverlay && world.mayTrack(sight.tuple) ? .itself : nil
    }

    /// Nil unless the check of sources decides.
    private func judgeSource(_ input: [UInt8], _ place: Circumstance, _ run: Run) throws(Complaint) -> Judgement? {
        guard let owners = world.owners, place.hook == .fromWorkload, Wire.word(input, 12) == world.etherType else {
            return nil
        }
        let source = Address(input, Wire.ethernet + (world.isV4 ? 12 : 8), size: world.isV4 ? 4 : 16)
        if owners[place.interface] == source || world.needsNoOwner(source) { return nil }
        guard run.verdict == 2 else { throw .spoofed }
        return .dropped
    }

    private func judgeForeign(
        _ input: [UInt8], _ place: Circumstance, _ isSame: Bool, _ run: Run
    ) throws(Complaint) -> Judgement {
        // Nothing else has business there.
        if place.hook == .fromOverlay, isCounted(input, place) {
            guard run.verdict == 2 else { throw .servedAtOverlay }
            return .foreign
        }
        guard run.verdict == -1, isSame else { throw .touchedForeign }
        return .foreign
    }
}
