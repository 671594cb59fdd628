// SPDX-License-Identifier: Apache-2.0

extension Oracle {
    /// Whether the frame bears ICMP behind a header without anything optional.
    static func isAnswer(_ bytes: [UInt8], isV4: Bool) -> Bool {
        isV4 ? bytes[14] == 0x45 && bytes[23] == 1 : bytes[20] == 58
    }

    /// Port unreachable from a service without backends; or too big, from one whose backend is on another node.
    mutating func judgeAnswer(
        _ input: [UInt8], _ sight: Sight, _ output: [UInt8], _ run: Run, _ target: Target, _ place: Circumstance
    ) throws(Complaint) {
        let (header, start) = (world.isV4 ? 20 : 40, Wire.ethernet)
        let quote = start + header + 8
        guard run.length >= quote, isWellAddressed(input, sight, output), isWellFormed(output, run.length) else {
            throw .answer
        }
        // All headers and the first 8 bytes behind them.
        let quoted = sight.transport - start + 8
        guard run.length - quote == quoted else { throw .answer }
        for index in 0..<quoted where output[quote + index] != input[start + index] { throw .answer }
        let kind = (output[start + header], output[start + header + 1])
        switch target {
        case .service(let serving) where kind == (world.isV4 ? (3, 3) : (1, 4)):
            guard serving.backends.isEmpty else { throw .answer }
        case .flow(_, let serving?) where kind == (world.isV4 ? (3, 3) : (1, 4)):
            guard serving.backends.isEmpty else { throw .answer }
        case .flow(_, nil) where kind == (world.isV4 ? (3, 3) : (1, 4)): throw .answer
        case .itself: throw .answer
        default:
            guard kind == (world.isV4 ? (3, 4) : (2, 0)), Int(Wire.word(output, quote - 2)) == world.overlayMTU else {
                throw .answer
            }
            // The flow has begun all the same.
            if known[sight.tuple] == nil {
                remember(sight.tuple, sight.tuple)
                remember(sight.tuple.reversed, sight.tuple.reversed)
            }
        }
    }

    private func isWellAddressed(_ input: [UInt8], _ sight: Sight, _ output: [UInt8]) -> Bool {
        let (first, size) = world.isV4 ? (Wire.ethernet + 12, 4) : (Wire.ethernet + 8, 16)
        for index in 0..<6 where output[index] != input[index + 6] || output[index + 6] != input[index] { return false }
        return Address(output, first, size: size) == sight.outer.destination
            && Address(output, first + size, size: size) == sight.outer.source
    }

    private func isWellFormed(_ output: [UInt8], _ length: Int) -> Bool {
        let start = Wire.ethernet
        if world.isV4 {
            return Int(Wire.word(output, start + 2)) == length - start
                && Wire.sum(output, start..<start + 20) == 0 && Wire.sum(output, start + 20..<length) == 0
        }
        let message = length - start - 40
        let numbers = UInt32(message + 58)
        return output[start] == 0x60 && Int(Wire.word(output, start + 4)) == message
            && (Wire.sum(output, start + 8..<length) + numbers) % 0xffff == 0
    }
}
