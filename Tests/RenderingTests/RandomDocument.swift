// SPDX-License-Identifier: Apache-2.0

import Rendering
import YAML

/// A document as tests compare it: numbers, strings, truth values and null kept apart.
enum Value: Equatable, Decodable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([Value])
    case object([String: Value])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let bool = try? container.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let string = try? container.decode(String.self) {
            self = .string(string)
        } else if let items = try? container.decode([Value].self) {
            self = .array(items)
        } else {
            self = .object(try container.decode([String: Value].self))
        }
    }

    init(_ node: Node) throws {
        if let entries = node.entries {
            self = .object(try Dictionary(uniqueKeysWithValues: entries.map { ($0.key, try Value($0.value)) }))
        } else if let items = node.items {
            self = .array(try items.map { try Value($0) })
        } else {
            self =
                switch node.value {
                case .bool(let bool): .bool(bool)
                case .integer(let integer): .number(Double(integer))
                case .float(let number): .number(number)
                case .string(let string): .string(string)
                case .null, nil: .null
                }
        }
    }
}

/// A document of any shape that ``ObjectWriter`` can write, drawn from texts that are hard to quote.
struct RandomDocument: Describable {
    var members: [String: Value]

    static let kind = "Random"
    var resourceName: String { "random" }

    init(members: [String: Value]) {
        self.members = members
    }

    init(seed: UInt64) {
        var source = RandomSource(generator: SeededGenerator(state: seed))
        members = source.members(depth: 0)
    }

    func fields(_ object: inout ObjectWriter) {
        Self.write(members, &object)
    }

    func describe(_ page: inout DescriptionList) {}

    private static func write(_ members: [String: Value], _ object: inout ObjectWriter) {
        for (name, value) in members {
            switch value {
            case .null: object.null(name)
            case .bool(let bool): object.bool(name, bool)
            case .number(let number) where number.rounded() == number && number.magnitude < 1e15:
                object.integer(name, Int(number))
            case .number(let number): object.number(name, number)
            case .string(let text) where text.utf8.count % 2 == 0:
                object.string(name) { $0.append(contentsOf: text.utf8) }
            case .string(let text): object.string(name, text)
            case .object(let inner): object.object(name) { write(inner, &$0) }
            case .array(let items): write(items, name, &object)
            }
        }
    }

    private static func write(_ items: [Value], _ name: String, _ object: inout ObjectWriter) {
        let texts = items.compactMap { if case .string(let text) = $0 { text } else { nil } }
        if texts.count == items.count {
            object.strings(name, texts)
        } else {
            object.array(name, items) { item, object in
                if case .object(let inner) = item { write(inner, &object) }
            }
        }
    }
}

private struct RandomSource {
    var generator: SeededGenerator

    private static let texts = [
        "", " ", "no", "Yes", "ON", "y", "null", "~", "nan", ".inf", "-.INF", "true", "FALSE", "1", "-1", "+1", "0755",
        "0o17", "0x1F", "0b11", "1_000", "1,000", "1e3", "1.5", ".5", "1.", "1.e+3", "190:20:30", "1:20.5",
        "2001-12-14",
        "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.10 -5", "=", "<<", "---", "...", "-", "- a", "? a", ": a",
        "a: b", "a:", "a #b", "#a", "&a", "*a", "!a", "!!str a", "%a", "@a", "`a", "|", ">", "[a]", "{a: b}", "a, b",
        "'a'", "\"a\"", "a\\b", " a", "a ", "a  b", "a\nb", "\n", "a\tb", "\u{feff}a", "\u{85}", "é", "😀", "\0",
        "\u{1b}[0m",
        "10.0.0.1", "10.0.0.0/8", "10.96.0.10:80/tcp", "::1", "[fd00::a]:53/udp", "2001:20", "2001:db8::1", "1::",
        "default/web:http", "<none>", "4.5s", "5d", "6.1.0-18-amd64", "02:42:0a:00:00:01", "30000-32767", "Null", "oN",
    ]

    mutating func members(depth: Int) -> [String: Value] {
        var members: [String: Value] = [:]
        for _ in 0..<Int.random(in: 0...(depth == 0 ? 12 : 4), using: &generator) {
            members[Bool.random(using: &generator) ? text() : "key\(members.count)"] = value(depth: depth + 1)
        }
        members["<<"] = nil
        return members
    }

    private mutating func value(depth: Int) -> Value {
        switch Int.random(in: 0..<(depth < 4 ? 9 : 6), using: &generator) {
        case 0: return .null
        case 1: return .bool(.random(using: &generator))
        case 2: return .number(Double(Int.random(in: -1_000_000...1_000_000, using: &generator)))
        case 3:
            return .number(Double.random(in: -1...1, using: &generator) * [1, 1e-9, 1e30][Int(generator.next() % 3)])
        case 4, 5: return .string(text())
        case 6: return .object(members(depth: depth))
        case 7: return .array((0..<generator.next() % 4).map { _ in .string(text()) })
        default: return .array((0..<generator.next() % 4).map { _ in .object(members(depth: depth)) })
        }
    }

    private mutating func text() -> String {
        let text = Self.texts.randomElement(using: &generator) ?? ""
        return Int.random(in: 0..<4, using: &generator) == 0
            ? text + (Self.texts.randomElement(using: &generator) ?? "") : text
    }
}
