// SPDX-License-Identifier: Apache-2.0

/// A place in the input, counted from 1; columns are Unicode scalars.
package struct Mark: Sendable, Hashable {
    package let line: Int
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// A value of a YAML or JSON document and where it stands; aliases are already replaced by what they stand for.
package struct Node: Sendable {
    package enum Content: Sendable {
        case scalar(Scalar)
        case sequence([Node])
        /// In the order of the input, each key once; merged entries (`<<`) come last.
        case mapping([Entry])
    }

    /// A member of a mapping; keys are scalars, taken as text.
    package struct Entry: Sendable {
        package let key: String
        package let keyMark: Mark
        package let value: Node
    }

    package let content: Content
    package let mark: Mark
    /// The explicit tag in its long form (`tag:yaml.org,2002:str`), if one was given.
    package let tag: String?

    /// The value of the mapping's member `key`; nil also for what is not a mapping.
    package subscript(key: String) -> Node? {
        entries?.first { $0.key == key }?.value
    }

    /// The members of a mapping.
    package var entries: [Entry]? {
        if case .mapping(let entries) = content { entries } else { nil }
    }

    /// The items of a sequence.
    package var items: [Node]? {
        if case .sequence(let items) = content { items } else { nil }
    }

    /// A scalar's meaning; nil for a sequence or mapping.
    package var value: ScalarValue? {
        guard case .scalar(let scalar) = content else { return nil }
        guard let tag else { return scalar.isPlain ? ScalarValue(plain: scalar.text) : .string(scalar.text) }
        return CoreTag(rawValue: tag)?.read(scalar.text) ?? .string(scalar.text)
    }

    /// The text of a scalar that means a string; nil for what means something else.
    package var string: String? {
        if case .string(let text) = value { text } else { nil }
    }

    /// A scalar that means nothing at all: `null`, `~`, or an empty value.
    package var isNull: Bool {
        guard case .scalar(let scalar) = content, scalar.text.utf8.count <= 4 else { return false }
        return value == .null
    }
}

/// A scalar as written, escapes and folding undone.
package struct Scalar: Sendable, Hashable {
    package let text: String
    /// Neither quoted nor a block nor tagged `!`: only then may it mean something else than its text.
    package let isPlain: Bool
}

/// The tags whose scalars must read as their type.
enum CoreTag: String {
    case null = "tag:yaml.org,2002:null"
    case bool = "tag:yaml.org,2002:bool"
    case int = "tag:yaml.org,2002:int"
    case float = "tag:yaml.org,2002:float"

    /// The value of `text` under this tag; nil if it is none.
    func read(_ text: String) -> ScalarValue? {
        let value = ScalarValue(plain: text)
        return switch (self, value) {
        case (.null, .null), (.bool, .bool), (.int, .integer), (.float, .float): value
        case (.float, .integer(let number)): .float(Double(number))
        default: nil
        }
    }
}
