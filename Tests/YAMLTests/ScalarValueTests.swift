// SPDX-License-Identifier: Apache-2.0

import Testing
import YAML

@Suite struct ScalarValueTests {
    @Test(arguments: [
        ("", ScalarValue.null), ("~", .null), ("null", .null), ("Null", .null), ("nULL", .string("nULL")),
        ("on", .bool(true)), ("Yes", .bool(true)), ("y", .bool(true)), ("true", .bool(true)), ("off", .bool(false)),
        ("No", .bool(false)), ("n", .bool(false)), ("oFF", .string("oFF")), ("truee", .string("truee")),
    ])
    func wordsOfYAML11AreRead(text: String, expected: ScalarValue) {
        #expect(ScalarValue(plain: text) == expected)
    }

    @Test(arguments: [
        ("0", ScalarValue.integer(0)), ("-17", .integer(-17)), ("+17", .integer(17)), ("0755", .integer(493)),
        ("-010", .integer(-8)), ("0o17", .integer(15)), ("0x1F", .integer(31)), ("-0x1", .integer(-1)),
        ("0b11", .integer(3)),
        ("1_000", .integer(1000)), ("18446744073709551615", .integer(18_446_744_073_709_551_615)),
        ("08", .float(8)), ("1.5", .float(1.5)), (".5", .float(0.5)), ("1.", .float(1)), ("-1e3", .float(-1000)),
        ("1E-2", .float(0.01)), (".inf", .float(.infinity)), ("-.Inf", .float(-.infinity)),
        ("999999999999999999999999999999999999999999", .float(1e42)),
    ])
    func numbersAreRead(text: String, expected: ScalarValue) {
        #expect(ScalarValue(plain: text) == expected)
    }

    @Test(arguments: [
        "10.0.0.1", "1:30", "2001-12-14", "80/tcp", "0x", "0xg", "0o8", "0b2", "+", "-", ".", "+-1", "-0x-1", "1e",
        "1e+", "1.5.2",
        "e3", "infinity", "nan", "0x1p3", "1e999", "4.5s", "٣",
    ])
    func whatOnlyLooksLikeANumberIsAString(text: String) {
        #expect(ScalarValue(plain: text) == .string(text))
    }

    @Test func notANumberIsRead() {
        guard case .float(let number) = ScalarValue(plain: ".nan") else {
            Issue.record("not a float")
            return
        }
        #expect(number.isNaN)
    }

    @Test(arguments: [
        ("'1'", ScalarValue.string("1")), ("\"no\"", .string("no")), ("|-\n  1\n", .string("1")),
        ("!!str 1", .string("1")),
        ("! 1", .string("1")), ("!!int '7'", .integer(7)), ("!!float 7", .float(7)), ("!!bool yes", .bool(true)),
        ("!!null ''", .null), ("!custom 1", .string("1")), ("!!binary aGk=", .string("aGk=")),
    ])
    func quotesAndTagsDecideTheType(text: String, expected: ScalarValue) throws {
        #expect(try DocumentReader.readAll(Array(text.utf8)).map(\.value) == [expected])
    }
}
