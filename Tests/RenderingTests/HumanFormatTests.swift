// SPDX-License-Identifier: Apache-2.0

import Rendering
import Testing

@Suite struct HumanFormatTests {
    @Test(arguments: [
        (-5000, "0s"), (0, "0s"), (99, "0s"), (350, "0.3s"), (1000, "1s"), (4523, "4.5s"), (9999, "9.9s"),
        (10_500, "10s"), (59_999, "59s"), (60_000, "1m"), (120_000, "2m"), (3_599_000, "59m"), (3_600_000, "1h"),
        (86_399_000, "23h"), (86_400_000, "1d"), (5 * 86_400_000, "5d"),
    ])
    func ageIsRoundedDownToOneUnit(milliseconds: Int, expected: String) {
        #expect(HumanFormat.age(.milliseconds(milliseconds)) == expected)
    }

    @Test(arguments: [
        (0, "0B"), (1023, "1023B"), (1024, "1KiB"), (1536, "1.5KiB"), (10_239, "9.9KiB"), (64 << 20, "64MiB"),
        (1 << 40, "1TiB"), (UInt64.max, "15EiB"),
    ])
    func bytesAreInBinaryUnits(count: UInt64, expected: String) {
        #expect(HumanFormat.bytes(count) == expected)
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1k"), (1250, "1.2k"), (64_000, "64k"), (1_000_000, "1M"), (UInt64.max, "18E"),
    ])
    func countsAreInDecimalUnits(number: UInt64, expected: String) {
        #expect(HumanFormat.count(number) == expected)
    }

    @Test(
        arguments: [
            (0, 10, "0%"), (1, 8, "12.5%"), (1, 2000, "<0.1%"), (9999, 10_000, "99.9%"), (10, 10, "100%"),
            (15, 10, "150%"), (UInt64.max, UInt64.max, "100%"), (0, 0, nil),
        ] as [(UInt64, UInt64, String?)])
    func percentageReachesHundredOnlyWhenFull(part: UInt64, whole: UInt64, expected: String?) {
        #expect(HumanFormat.percentage(part, of: whole) == expected)
    }
}
