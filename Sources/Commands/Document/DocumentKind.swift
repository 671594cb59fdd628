// SPDX-License-Identifier: Apache-2.0

import YAML

/// What a document says about itself in `apiVersion` and `kind`, and the document.
struct DocumentKind {
    /// Of every document that the tool prints or reads.
    static let version = "ebpfctl/v1"

    /// What every version of them begins with.
    static let group = "ebpfctl/"

    /// The keys that say so.
    static let keys = ["apiVersion", "kind"]

    let kind: String

    /// - Parameter expected: the kinds that may be meant.
    /// - Throws: ``DocumentError``: `otherKind`, `wrongType` for what is no object.
    init(of document: Node, oneOf expected: [String]) throws(DocumentError) {
        guard document.entries != nil else {
            throw DocumentError(.wrongType(key: nil, expected: .object), at: document.mark)
        }
        let version = document["apiVersion"]?.string
        let kind = document["kind"]?.string
        guard version == Self.version, let kind, expected.contains(kind) else {
            throw DocumentError(.otherKind(version: version, kind: kind, expected: expected), at: document.mark)
        }
        self.kind = kind
    }
}
