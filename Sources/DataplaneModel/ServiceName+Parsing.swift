// SPDX-License-Identifier: Apache-2.0

extension ServiceName {
    /// Reads `NAMESPACE/NAME[:PORT]`; a namespace is never assumed, because a wrong guess would change another service.
    package init(_ text: String) throws(ServiceParseError) {
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            let isLikelyName = isLabel(text.prefix { $0 != ":" })
            throw isLikelyName ? .nameWithoutNamespace(text) : .malformedName(text)
        }
        let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) ?? text.utf8.endIndex
        guard slash < colon else { throw .malformedName(text) }
        var labels = [text[..<slash], text[slash..<colon].dropFirst()]
        if colon != text.utf8.endIndex { labels.append(text[colon...].dropFirst()) }
        for label in labels where !isLabel(label) { throw .nameLabel(text, label: String(label)) }
        self.text = text
        self.slash = UInt8(labels[0].utf8.count)
        self.colon = UInt8(labels[0].utf8.count + 1 + labels[1].utf8.count)
    }

    /// Joins parts that are validated like the text form.
    package init(namespace: String, name: String, port: String? = nil) throws(ServiceParseError) {
        try self.init("\(namespace)/\(name)" + (port.map { ":\($0)" } ?? ""))
    }
}

/// RFC 1123: 1…63 of a-z, 0-9 and '-', not beginning or ending with '-'.
private func isLabel(_ text: Substring) -> Bool {
    let bytes = text.utf8
    guard (1...63).contains(bytes.prefix(64).count) else { return false }
    let dash = UInt8(ascii: "-")
    return bytes.first != dash && bytes.last != dash
        && bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), dash: true
            default: false
            }
        }
}
