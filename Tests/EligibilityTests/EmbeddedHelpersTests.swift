// SPDX-License-Identifier: Apache-2.0

import BPFImages
import Testing

@testable import Eligibility

/// Keeps the list of helpers to be checked equal to what the programs call.
@Suite struct EmbeddedHelpersTests {
    /// Map access, the clock and the random number: as old as programs at these hooks.
    static let universal: Set<UInt32> = [1, 2, 3, 5, 7]

    @Test func theHelpersThatAreCheckedAreThoseThatTheProgramsCall() throws {
        let called = EmbeddedImage.allCases.reduce(into: Set<UInt32>()) { all, image in
            all.formUnion(ELFCode(image.image.bytes).helperNumbers)
        }
        #expect(called.isSuperset(of: Self.universal))
        #expect(called.subtracting(Self.universal).sorted() == Helper.allCases.map(\.number).sorted())
    }

    /// Both kinds of programs call them.
    static let ofBoth: [Helper] = [.socketCookie, .ringBufferOutput, .coarseClock]

    @Test(arguments: EmbeddedImage.allCases)
    func helpersAreCheckedInAProgramTypeThatCallsThem(_ image: EmbeddedImage) {
        let called = ELFCode(image.image.bytes).helperNumbers
        for helper in Helper.allCases where !Self.ofBoth.contains(helper) && called.contains(helper.number) {
            #expect((helper.caller == .cgroupSocketAddress) == image.isConnectTime, "\(helper)")
        }
    }
}

/// The instructions in a 64-bit little-endian object file.
private struct ELFCode {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The operand of every call instruction that is no call of another function.
    var helperNumbers: Set<UInt32> {
        var numbers: Set<UInt32> = []
        for section in codeSections {
            var offset = section.lowerBound
            while offset + 8 <= section.upperBound {
                if bytes[offset] == 0x85, bytes[offset + 1] >> 4 == 0 { numbers.insert(UInt32(integer(offset + 4, 4))) }
                offset += bytes[offset] == 0x18 ? 16 : 8
            }
        }
        return numbers
    }

    /// Those of type PROGBITS with the flag EXECINSTR.
    private var codeSections: [Range<Int>] {
        let table = integer(40, 8)
        return (0..<integer(60, 2)).compactMap { index in
            let header = table + index * integer(58, 2)
            guard integer(header + 4, 4) == 1, integer(header + 8, 8) & 4 != 0 else { return nil }
            let start = integer(header + 24, 8)
            return start..<start + integer(header + 32, 8)
        }
    }

    private func integer(_ offset: Int, _ size: Int) -> Int {
        (0..<size).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }
}
