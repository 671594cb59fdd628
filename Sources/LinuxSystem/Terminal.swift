// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What an output descriptor shows itself on.
package enum Terminal {
    /// Of a terminal's window, in character cells.
    package struct Size: Hashable, Sendable {
        package var columns: Int
        package var rows: Int

        package init(columns: Int, rows: Int) {
            self.columns = columns
            self.rows = rows
        }
    }

    package static func isTerminal(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1
    }

    /// Width in character cells; nil when it is no terminal or does not tell.
    package static func columns(_ descriptor: Int32) -> Int? { size(descriptor)?.columns }

    /// The window as it is now; nil when it is no terminal or does not tell.
    package static func size(_ descriptor: Int32) -> Size? {
        var size = winsize()
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Size(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }
}
