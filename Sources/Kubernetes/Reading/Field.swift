// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import YAML

/// A value of an object, read as the type that Kubernetes' API gives it.
///
/// A member that is null counts as absent, as in the API. Unknown members are nobody's business.
struct Field {
    let tape: Tape
    let node: Int

    init(_ tape: Tape, _ node: Int = 0) {
        self.tape = tape
        self.node = node
    }

    /// What the value is; of a number without fraction or exponent, an integer.
    var type: ObjectReadError.ValueType {
        switch tape.nodes[node].kind {
        case .null: .null
        case .bool: .boolean
        case .number: integerValue == nil ? .number : .integer
        case .string, .mergeKey: .string
        case .sequence: .list
        case .mapping: .object
        case .plain: ObjectReadError.ValueType(scalar)
        }
    }

    /// - Throws: ``FieldError`` unless this is an object.
    func member(_ key: String) throws(FieldError) -> Field? {
        guard tape.nodes[node].kind == .mapping else { throw mistyped(.object) }
        guard let value = tape.member(of: node, key).map({ Field(tape, $0) }), !value.isNull else { return nil }
        return value
    }

    func required(_ key: String) throws(FieldError) -> Field {
        guard let value = try member(key) else { throw FieldError(node: node, missing: key, problem: .missing) }
        return value
    }

    /// The items of the list that the member holds; none where it is absent.
    func items(_ key: String) throws(FieldError) -> [Field] {
        guard let list = try member(key) else { return [] }
        guard tape.nodes[list.node].kind == .sequence else { throw list.mistyped(.list) }
        return tape.items(of: list.node).map { Field(tape, $0) }
    }

    func string() throws(FieldError) -> String {
        switch tape.nodes[node].kind {
        case .string: return tape.string(node)
        case .plain:
            guard case .string(let text) = scalar else { throw mistyped(.string) }
            return text
        default: throw mistyped(.string)
        }
    }

    func string(_ key: String) throws(FieldError) -> String? { try member(key)?.string() }

    func boolean() throws(FieldError) -> Bool {
        switch tape.nodes[node].kind {
        case .bool: return tape.bytes(node).first == UInt8(ascii: "t")
        case .plain:
            guard case .bool(let value) = scalar else { throw mistyped(.boolean) }
            return value
        default: throw mistyped(.boolean)
        }
    }

    func boolean(_ key: String) throws(FieldError) -> Bool? { try member(key)?.boolean() }

    func integer(in range: ClosedRange<Int>) throws(FieldError) -> Int {
        guard let value = integerValue else { throw mistyped(.integer) }
        guard let number = Int(exactly: value), range.contains(number) else { throw failing(.range(value, range)) }
        return number
    }

    /// A port; 0 is none where the range begins with it.
    func port(in range: ClosedRange<Int> = 1...65535) throws(FieldError) -> UInt16 {
        UInt16(truncatingIfNeeded: try integer(in: range))
    }

    /// One of the words that the API allows.
    func word<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type) throws(FieldError) -> Choice
    where Choice.RawValue == String {
        let text = try string()
        guard let choice = Choice(rawValue: text) else {
            throw failing(.word(text, allowed: Choice.allCases.map(\.rawValue)))
        }
        return choice
    }

    /// An address as Go reads it: leading zeros mean nothing, and an IPv4-mapped one is IPv4.
    func address() throws(FieldError) -> IPAddress {
        do {
            return try IPAddress(try string()).unmapped
        } catch let error as FieldError {
            throw error
        } catch AddressParseError.leadingZeros(_, let canonical) {
            return canonical
        } catch let error as AddressParseError {
            throw failing(.address(error))
        } catch {
            throw mistyped(.string)
        }
    }

    /// A prefix, its host bits ignored; the API has let spaces around it pass.
    func prefix() throws(FieldError) -> Prefix {
        let text = try string()
        let trimmed = text.drop { $0 == " " }
        let end = trimmed.lastIndex { $0 != " " }
        do {
            return try Prefix(String(end.map { trimmed[...$0] } ?? trimmed))
        } catch .hostBits(_, let canonical) {
            return canonical
        } catch {
            throw failing(.address(error))
        }
    }

    func failing(_ problem: ObjectReadError.Problem) -> FieldError { FieldError(node: node, problem: problem) }

    private func mistyped(_ needed: ObjectReadError.ValueType) -> FieldError {
        failing(.type(found: type, needed: needed))
    }

    private var isNull: Bool {
        switch tape.nodes[node].kind {
        case .null: true
        case .plain: scalar == .null
        default: false
        }
    }

    private var scalar: ScalarValue { ScalarValue(plain: tape.string(node)) }

    private var integerValue: Int128? {
        switch tape.nodes[node].kind {
        case .number: Int128(tape.string(node), radix: 10)
        case .plain: if case .integer(let value) = scalar { value } else { nil }
        default: nil
        }
    }
}

extension ObjectReadError.ValueType {
    fileprivate init(_ scalar: ScalarValue) {
        self =
            switch scalar {
            case .null: .null
            case .bool: .boolean
            case .integer: .integer
            case .float: .number
            case .string: .string
            }
    }
}
