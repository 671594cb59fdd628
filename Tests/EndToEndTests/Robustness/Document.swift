// SPDX-License-Identifier: Apache-2.0

import Foundation
import YAML

/// A document as either of its two notations has it, for comparing them.
enum Document: Hashable, Decodable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case list([Document])
    case object([String: Document])

    /// Read by Foundation, which knows nothing of the tool's own writers.
    init(json: [UInt8]) throws {
        self = try JSONDecoder().decode(Document.self, from: Data(json))
    }

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let list = try? value.decode([Document].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: Document].self))
        }
    }

    /// The documents of a YAML stream, read by libyaml.
    static func all(yaml: [UInt8]) throws -> [Document] { try DocumentReader.readAll(yaml).map(Document.init) }

    private init(_ node: Node) {
        switch node.content {
        case .sequence(let items): self = .list(items.map(Document.init))
        case .mapping(let entries):
            self = .object(Dictionary(entries.map { ($0.key, Document($0.value)) }) { first, _ in first })
        case .scalar(let scalar):
            switch node.value {
            case .null?, nil: self = .null
            case .bool(let bool)?: self = .bool(bool)
            case .integer(let number)?: self = .number(Double(number))
            case .float(let number)?: self = .number(number)
            case .string?: self = .string(scalar.text)
            }
        }
    }

    subscript(key: String) -> Document? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    /// What kinds of values stand where, whatever they are: two listings of a living table have this in common.
    var shape: Set<String> { shape(at: "") }

    private func shape(at path: String) -> Set<String> {
        switch self {
        // A value that may be absent says nothing of its kind.
        case .null: []
        case .bool: ["\(path) bool"]
        case .number: ["\(path) number"]
        case .string: ["\(path) string"]
        case .list(let items): items.reduce(into: ["\(path) list"]) { $0.formUnion($1.shape(at: "\(path)[]")) }
        case .object(let members):
            members.reduce(into: ["\(path) object"]) { $0.formUnion($1.value.shape(at: "\(path).\($1.key)")) }
        }
    }
}
