// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import DataplaneModel

/// Reading the text of arguments and options into values of the model, or refusing it by its place.
extension Invocation {
    /// The one argument of this name, which the table has made sure of.
    func required<Value>(_ name: String, read: (String) throws -> Value) throws(CommandError) -> Value {
        guard let value = try arguments(name, read: read).first else {
            throw .selection(.missing(name), command)
        }
        return value
    }

    /// Nil when the argument was not given.
    func argument<Value>(_ name: String, read: (String) throws -> Value) throws(CommandError) -> Value? {
        try arguments(name, read: read).first
    }

    func arguments<Value>(_ name: String, read: (String) throws -> Value) throws(CommandError) -> [Value] {
        try values(typedArguments(name), of: .argument(name), read)
    }

    /// Nil when the option was not given.
    func option<Value>(_ name: String, read: (String) throws -> Value) throws(CommandError) -> Value? {
        try options(name, read: read).last
    }

    func options<Value>(_ name: String, read: (String) throws -> Value) throws(CommandError) -> [Value] {
        try values(typedValues(name), of: .option(name), read)
    }

    private func values<Value>(
        _ words: [TypedText], of owner: UsageError.ValueOwner, _ read: (String) throws -> Value
    ) throws(CommandError) -> [Value] {
        var values: [Value] = []
        for word in words {
            do {
                values.append(try read(word.text))
            } catch let reason as any ModelError {
                throw .input(InputError(owner: owner, reason: reason, command: command))
            } catch {
                throw CommandError(error)
            }
        }
        return values
    }
}

/// The spec of `--dry-run`, which every command that changes something has.
enum DryRun {
    static let option = OptionSpec("dry-run", "Say what would be done, and do nothing")
}

/// Why a number was refused; the first value is the refused text.
enum NumberError: ModelError {
    case malformed(String, ClosedRange<Int>)
    case unknownMap(String)
    case malformedSize(String)

    var message: String {
        switch self {
        case .malformed(let text, let range):
            "invalid number \(quoted(text)): must be \(range.lowerBound)…\(range.upperBound)"
        case .unknownMap(let name): "no map \(quoted(name)) can be sized"
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
