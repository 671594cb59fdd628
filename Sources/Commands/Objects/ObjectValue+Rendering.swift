// SPDX-License-Identifier: Apache-2.0

import Kubernetes
import Rendering

extension ObjectValue {
    /// Writes the members of an object; anything else has none.
    func fields(_ object: inout ObjectWriter) {
        guard case .object(let members) = self else { return }
        for member in members { member.value.write(as: member.key, to: &object) }
    }

    private func write(as name: String, to object: inout ObjectWriter) {
        switch self {
        case .string(let text): object.string(name, text)
        case .integer(let number): object.integer(name, number)
        case .boolean(let truth): object.bool(name, truth)
        case .object: object.object(name) { fields(&$0) }
        case .list(let items):
            let texts = items.compactMap { if case .string(let text) = $0 { text } else { nil } }
            if !texts.isEmpty {
                object.strings(name, texts)
            } else {
                object.array(name, items) { $0.fields(&$1) }
            }
        }
    }
}
