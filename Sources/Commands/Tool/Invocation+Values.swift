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
                throw .input(InputError(owner: owner, reason: reason, command: command, text: word.text))
            } catch {
                throw CommandError(error)
            }
        }
        return values
    }
}
