// SPDX-License-Identifier: Apache-2.0

/// A well-formed packet to make others from.
package struct Template: Sendable {
    let bytes: [UInt8]
    /// Where its headers end, as far as anybody looks into them.
    let headers: Int
    /// What it is, if it may belong to a flow.
    let sight: Sight?

    package init(_ bytes: [UInt8], isV4: Bool) {
        self.bytes = bytes
        sight = Sight(bytes, bytes.count, isV4: isV4)
        headers = min(bytes.count, 134)
    }
}

/// Makes packets, each in the place of the last one: well-formed ones, and what chance makes of them.
struct Mutator {
    /// The packet, and room behind it.
    private(set) var bytes: [UInt8]
    private(set) var length = 0

    private var noise: Noise
    private let templates: [Template]
    private let isV4: Bool

    static let room = 4096
    /// What receivers compare with: versions, lengths, protocols, flags, and the ends of what a byte can say.
    private static let telling: [UInt8] = [
        0, 1, 2, 3, 4, 5, 6, 8, 11, 12, 16, 17, 18, 20, 28, 40, 43, 44, 50, 51, 58, 59, 60, 64, 0x45, 0x46, 0x4f, 0x60,
        0x7f, 0x80, 0xfe, 0xff,
    ]

    init(_ templates: [Template], isV4: Bool, noise: Noise) {
        (self.templates, self.isV4, self.noise) = (templates, isV4, noise)
        bytes = [UInt8](repeating: 0, count: Self.room)
    }

    /// - Parameter flows: tuples whose packets somebody may take for their own.
    mutating func next(_ flows: [Tuple]) {
        let template = noise.below(templates.count)
        take(template)
        let choice = noise.below(64)
        if choice < 20 { give(templates[template], flows) }
        switch choice {
        case 0..<8, 20..<28: break
        case 8..<14, 28..<38: spoil(1 + noise.below(4), templates[template])
        case 14..<18, 38..<48: for _ in 0...noise.below(2) { tell(templates[template]) }
        case 18, 48..<53: cut(to: noise.below(length + 1))
        case 19, 53..<56: lengthen()
        case 56..<60: cross(noise.below(templates.count))
        case 60..<63:
            spoil(1 + noise.below(3), templates[template])
            cut(to: noise.below(length + 1))
        default: drown()
        }
    }

    private mutating func take(_ index: Int) {
        length = templates[index].bytes.count
        for offset in 0..<length { bytes[offset] = templates[index].bytes[offset] }
    }

    /// What this kernel and newer ones insist on: an Ethernet header, and one of IP if it says so.
    private var shortest: Int {
        switch Wire.word(bytes, 12) {
        case 0x86dd: Wire.ethernet + 40
        default: Wire.ethernet + 20
        }
    }

    private mutating func cut(to wanted: Int) { length = max(wanted, shortest) }

    private mutating func lengthen() {
        let more = min(1 + noise.below(200), Self.room - length)
        for offset in length..<length + more { bytes[offset] = noise.byte() }
        length += more
    }

    private mutating func spoil(_ count: Int, _ template: Template) {
        for _ in 0..<count {
            bytes[Wire.ethernet + noise.below(template.headers - Wire.ethernet)] = noise.byte()
        }
        if noise.below(32) == 0 { bytes[12 + noise.below(2)] = Self.telling[noise.below(Self.telling.count)] }
        length = max(length, shortest)
    }

    /// Writes what means something to a place where something is meant.
    private mutating func tell(_ template: Template) {
        let v4 = [0, 2, 3, 6, 7, 8, 9, 12, 16]
        let v6 = [0, 4, 5, 6, 7, 8, 24]
        var offset = Wire.ethernet
        let transport = template.sight?.transport ?? Wire.ethernet + (isV4 ? 20 : 40)
        switch noise.below(4) {
        case 0, 1: offset += isV4 ? v4[noise.below(v4.count)] : v6[noise.below(v6.count)]
        case 2: offset = transport + noise.below(16)
        default: offset = (template.sight?.kind == .error ? transport + 8 : Wire.ethernet + 40) + noise.below(48)
        }
        guard offset < length else { return }
        switch noise.below(3) {
        case 0: bytes[offset] = Self.telling[noise.below(Self.telling.count)]
        case 1: bytes[offset] &+= noise.below(2) == 0 ? 1 : 0xff
        default: bytes[offset] ^= 1 << UInt8(noise.below(8))
        }
    }

    /// The beginning of one packet and the rest of another.
    private mutating func cross(_ other: Int) {
        let rest = templates[other].bytes
        let border = Wire.ethernet + noise.below(min(length, rest.count) - Wire.ethernet)
        for offset in border..<rest.count { bytes[offset] = rest[offset] }
        length = max(rest.count, shortest)
    }

    /// Nothing about it is right, but for the Ethernet header.
    private mutating func drown() {
        let first: UInt8 = isV4 ? 0x45 : 0x60
        for offset in Wire.ethernet..<length { bytes[offset] = noise.byte() }
        // Else one packet of sixteen would get past the version.
        if noise.below(2) == 0 { bytes[Wire.ethernet] = first }
    }
}

extension Mutator {
    /// Makes it a packet of a flow, or one from a port nearby, its checksums as right as they were.
    private mutating func give(_ template: Template, _ flows: [Tuple]) {
        guard let sight = template.sight, sight.kind != .laterFragment else { return }
        guard !flows.isEmpty, noise.below(4) != 0 else { return giveNeighbour(sight) }
        // Half of them of the youngest.
        let recent = noise.below(2) == 0 ? min(flows.count, 32) : flows.count
        let flow = flows[flows.count - 1 - noise.below(recent)]
        guard flow.transport == sight.tuple.transport else { return giveNeighbour(sight) }
        let size = isV4 ? 4 : 16
        let (start, first) = (Wire.ethernet, isV4 ? 12 : 8)
        if sight.kind == .error {
            flow.destination.address.write(to: &bytes, sight.quoted + first, size: size)
            flow.source.address.write(to: &bytes, sight.quoted + first + size, size: size)
            Wire.put(flow.destination.port, to: &bytes, sight.quotedPorts)
            Wire.put(flow.source.port, to: &bytes, sight.quotedPorts + 2)
            flow.destination.address.write(to: &bytes, start + first + size, size: size)
            if noise.below(2) == 0 { flow.source.address.write(to: &bytes, start + first, size: size) }
            return
        }
        let addresses = start + first..<start + first + 2 * size
        let before = (Wire.sum(bytes, addresses), Wire.sum(bytes, sight.transport..<sight.transport + 4))
        flow.source.address.write(to: &bytes, addresses.lowerBound, size: size)
        flow.destination.address.write(to: &bytes, addresses.lowerBound + size, size: size)
        Wire.put(flow.source.port, to: &bytes, sight.transport)
        Wire.put(flow.destination.port, to: &bytes, sight.transport + 2)
        let moved = Wire.sum(bytes, addresses) + 0xffff - before.0
        if isV4 { settle(start + 10, moved) }
        settleTransport(sight, moved + Wire.sum(bytes, sight.transport..<sight.transport + 4) + 0xffff - before.1)
    }

    private mutating func giveNeighbour(_ sight: Sight) {
        guard sight.kind != .error else { return }
        let old = Wire.word(bytes, sight.transport)
        let new = old &+ UInt16(noise.below(24))
        Wire.put(new, to: &bytes, sight.transport)
        settleTransport(sight, UInt32(new) + 0xffff - UInt32(old))
    }

    private mutating func settleTransport(_ sight: Sight, _ moved: UInt32) {
        let isTCP = sight.tuple.transport == Wire.tcp
        let field = sight.transport + (isTCP ? 16 : 6)
        if !isTCP, Wire.word(bytes, field) == 0 { return }
        settle(field, moved)
        if !isTCP, Wire.word(bytes, field) == 0 { Wire.put(0xffff, to: &bytes, field) }
    }

    /// Takes off a checksum what has been added to what it covers.
    private mutating func settle(_ field: Int, _ moved: UInt32) {
        let old = UInt32(Wire.word(bytes, field))
        Wire.put(UInt16((old + 0xffff - moved % 0xffff) % 0xffff), to: &bytes, field)
    }
}
