// SPDX-License-Identifier: Apache-2.0

/// SplitMix64, here once more so that the compiler sees through it where a million packets are made.
package struct Noise: Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return mixed(state)
    }

    /// Below `bound`, which is at least 1.
    mutating func below(_ bound: Int) -> Int {
        Int(truncatingIfNeeded: UInt64(truncatingIfNeeded: bound).multipliedFullWidth(by: next()).high)
    }

    mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next() >> 32) }
}

func mixed(_ word: UInt64) -> UInt64 {
    var word = word
    word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
    return word ^ word >> 31
}

/// What a sequence of answers comes to: equal sequences have equal digests, on every kernel.
package struct Digest: Hashable, Sendable, CustomStringConvertible {
    package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    package init() {}

    package mutating func add(_ word: UInt64) { value = mixed(value ^ word) }

    mutating func add(_ bytes: [UInt8], _ count: Int) {
        var sum = value
        for index in 0..<count { sum = (sum ^ UInt64(bytes[index])) &* 0x0000_0100_0000_01b3 }
        value = mixed(sum)
    }

    package var description: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
