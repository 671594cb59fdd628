// SPDX-License-Identifier: Apache-2.0

/// The text that an option or an argument takes: what it is called, what is allowed, how a shell completes it.
package struct ValueSpec: Sendable, Hashable {
    /// Stands for the text in usage lines, in capitals: `ADDR:PORT/PROTO`.
    package let placeholder: String
    package let kind: Kind
    /// What holds when the option is not given; shown in help, never filled in by the parser.
    package let defaultText: String?

    package enum Kind: Sendable, Hashable {
        /// Any text; a shell completes nothing.
        case free
        /// One of these and nothing else: the parser refuses other text.
        case enumeration([String])
        /// Any text, of which a shell offers these.
        case suggestions([String])
        case file
        case directory
        /// Any text; a shell offers what the tool itself lists when run with these words, one name per line.
        case live([String])
    }

    package init(_ placeholder: String, _ kind: Kind = .free, default defaultText: String? = nil) {
        self.placeholder = placeholder
        self.kind = kind
        self.defaultText = defaultText
    }

    /// The values that the parser insists on; nil when any text will do.
    package var allowed: [String]? {
        if case .enumeration(let values) = kind { values } else { nil }
    }
}
