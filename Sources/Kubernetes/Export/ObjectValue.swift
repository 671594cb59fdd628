// SPDX-License-Identifier: Apache-2.0

package import YAML

/// A value of an object that is to be written, whatever the format.
package indirect enum ObjectValue: Hashable, Sendable {
    package struct Member: Hashable, Sendable {
        package let key: String
        package let value: ObjectValue
    }

    case string(String)
    case integer(Int)
    case boolean(Bool)
    case list([ObjectValue])
    /// In the order they are written.
    case object([Member])

    /// An object without the members that are nil.
    package static func object(_ members: KeyValuePairs<String, ObjectValue?>) -> ObjectValue {
        .object(members.compactMap { key, value in value.map { Member(key: key, value: $0) } })
    }

    /// Writes the value as the document, the value of a key or an item.
    package func write(to emitter: inout Emitter) {
        switch self {
        case .string(let text): emitter.string(text)
        case .integer(let number): emitter.literal { $0.append(contentsOf: String(number).utf8) }
        case .boolean(let truth): emitter.literal { $0.append(contentsOf: String(truth).utf8) }
        case .list(let items):
            emitter.beginSequence()
            for item in items {
                emitter.item()
                item.write(to: &emitter)
            }
            emitter.endSequence()
        case .object(let members):
            emitter.beginMapping()
            for member in members {
                emitter.key(member.key)
                member.value.write(to: &emitter)
            }
            emitter.endMapping()
        }
    }
}
