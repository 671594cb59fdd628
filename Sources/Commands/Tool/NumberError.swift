// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import DataplaneModel

/// Why a number was refused; the first value is the refused text.
enum NumberError: ModelError {
    case malformed(String, ClosedRange<Int>)
    case unknownMap(String)
    case malformedSize(String)
    case tooShort(String, Duration)

    var message: String {
        switch self {
        case .malformed(let text, let range):
            "invalid number \(quoted(text)): must be \(range.lowerBound)…\(range.upperBound)"
        case .unknownMap(let name):
            "no map \(quoted(name)) can be sized: must be \(EnableWords.mapSizeNames.joined(separator: ", ")), "
                + "or one family's, such as connections_v4"
        case .tooShort(let text, let least): "invalid duration \(quoted(text)): must be at least \(least.text)"
        case .malformedSize(let text): "invalid size \(quoted(text)): must be NAME=N"
        }
    }
}

extension Int {
    /// Reads a decimal number without sign.
    init(text: String, in range: ClosedRange<Int>) throws(NumberError) {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let value = Int(text),
            range.contains(value)
        else { throw .malformed(text, range) }
        self = value
    }
}
