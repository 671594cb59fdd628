// SPDX-License-Identifier: Apache-2.0

/// A value that a command prints as one JSON or YAML object, or by its name.
package protocol DocumentValue {
    /// The document's `kind`, such as `Service`; a list of them is a `ServiceList`.
    static var kind: String { get }
    /// What `-o name` and `-q` print: accepted by other commands as it stands.
    var resourceName: String { get }
    /// Writes the typed fields, in the order in which people read them.
    func fields(_ object: inout ObjectWriter)
}

/// A value that is also one row of a table.
package protocol Presentable: DocumentValue {
    /// The key first; the titles are upper case; those not ``Column/wideOnly`` fit into 100 columns.
    static var columns: [Column] { get }
    /// Writes one cell per column, also for those that only `wide` shows; no spaces inside a cell.
    func cells(_ row: inout RowWriter)
}

/// A value that is also a page of `Key: value` lines, as `get` and `status` print it.
package protocol Describable: DocumentValue {
    func describe(_ page: inout DescriptionList)
}

/// A table column: its title, and where and how it is shown.
package struct Column: Sendable, Equatable {
    package enum Alignment: Sendable {
        case left
        /// For numbers. Never shortened: a shortened number is a wrong number.
        case right
    }

    package let title: String
    package let alignment: Alignment
    /// Shown by `-o wide`, not by `-o table`.
    package let wideOnly: Bool
    /// Never shortened: addresses, and names that other commands accept.
    package let isWhole: Bool
    /// Never narrower, for tables that are printed before their longest cell is known.
    package let width: Int
    /// Left out of a `table` where the terminal is too narrow, those of the lowest rank first; nil: never.
    package let yields: Int?

    package init(
        _ title: String, _ alignment: Alignment = .left, wideOnly: Bool = false, isWhole: Bool = false, width: Int = 0,
        yields: Int? = nil
    ) {
        self.title = title
        self.width = width
        self.alignment = alignment
        self.wideOnly = wideOnly
        self.isWhole = isWhole
        self.yields = yields
    }
}

/// What a cell's or value's colour says; the text says it too, since colour may be off.
package enum Tone: Sendable {
    case plain
    case good
    case warning
    case bad
    case dim

    /// The SGR parameter that switches the tone on; nil for none.
    var parameter: String? {
        switch self {
        case .plain: nil
        case .good: "32"
        case .warning: "33"
        case .bad: "31"
        case .dim: "2"
        }
    }
}

/// What stands for nothing in a table.
package let nothing = "<none>"
