// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Testing

@Suite struct DurationTests {
    @Test(arguments: [
        ("10s", Duration.seconds(10), "10s"), ("5m", .seconds(300), "5m"), ("3h", .seconds(10_800), "3h"),
        ("1h30m", .seconds(5400), "1h30m"), ("250ms", .milliseconds(250), "250ms"), ("90s", .seconds(90), "1m30s"),
        ("1d2h3m4s5ms", .milliseconds(93_784_005), "1d2h3m4s5ms"), ("0s", .zero, "0s"), ("0ms", .zero, "0s"),
        ("36500d", Duration.maximumText, "36500d"), ("1m250ms", .milliseconds(60_250), "1m250ms"),
        ("007s", .seconds(7), "7s"),
    ])
    func durationsAreReadAndWritten(text: String, duration: Duration, canonical: String) throws {
        #expect(try Duration(text: text) == duration)
        #expect(duration.text == canonical)
    }

    @Test(arguments: [
        "", "10", "s", "-1s", "1.5s", "1 s", "10S", "10x", "1m1h", "1s1s", "1s ", "1h 30m", "1ms1s", "１s", "1us",
    ])
    func otherTextIsRefused(text: String) {
        #expect(
            refusal { try Duration(text: text) }
                == "invalid duration '\(text)': must be numbers with units, like 250ms, 10s, 5m or 1h30m")
    }

    @Test(arguments: ["36501d", "36500d1ms", "99999999999999999999s", "9223372036854775807ms"])
    func durationsBeyondTheLimitAreRefused(text: String) {
        #expect(refusal { try Duration(text: text) } == "invalid duration '\(text)': must be at most 36500d")
    }

    @Test func extremeDurationsHaveText() {
        #expect(Duration.seconds(-90).text == "-1m30s")
        #expect(Duration.nanoseconds(999_999).text == "0s")
        #expect(Duration.seconds(Int64.max).text == "106751991167d7h12m55s807ms")
        #expect(Duration.seconds(Int64.min).text.hasPrefix("-106751991167d"))
    }

    @Test func everyDurationOfWholeMillisecondsSurvivesItsText() throws {
        var generator = SeededGenerator(seed: 6)
        for _ in 0..<10_000 {
            let bits = Int.random(in: 1...41, using: &generator)
            let duration = Duration.milliseconds(Int64.random(in: 0...(1 << bits), using: &generator))
            #expect(try Duration(text: duration.text) == duration)
        }
    }
}
