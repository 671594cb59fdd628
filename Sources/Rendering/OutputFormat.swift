// SPDX-License-Identifier: Apache-2.0

/// The value of `-o, --output`: what a command's result looks like on stdout.
package enum OutputFormat: String, CaseIterable, Sendable {
    case table
    case wide
    case json
    case yaml
    case name
}

/// How results are laid out, decided once from the command line and the terminal.
package struct OutputOptions: Sendable, Equatable {
    package var format: OutputFormat
    /// Tables without their header line.
    package var noHeaders: Bool
    /// Identifiers only, whatever the format.
    package var quiet: Bool
    /// Emit SGR colour sequences in tables and descriptions.
    package var color: Bool
    /// Columns of the terminal that a `table` has to fit; nil when stdout is not a terminal: nothing is shortened then.
    package var width: Int?

    package init(
        format: OutputFormat = .table, noHeaders: Bool = false, quiet: Bool = false, color: Bool = false,
        width: Int? = nil
    ) {
        self.format = format
        self.noHeaders = noHeaders
        self.quiet = quiet
        self.color = color
        self.width = width
    }

    /// The format after `-q` has been applied.
    package var effectiveFormat: OutputFormat { quiet ? .name : format }
}
