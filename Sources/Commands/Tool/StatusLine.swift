// SPDX-License-Identifier: Apache-2.0

import Rendering

/// A line on a terminal's standard error that says what a long command is at; it goes with the value.
///
/// Silent where standard error is no terminal, and with `--quiet`.
final class StatusLine {
    private let surroundings: Surroundings
    private let columns: Int
    private var isShown = false

    init(_ context: CommandContext) {
        surroundings = context.surroundings
        columns = context.renderer.options.quiet ? 0 : context.surroundings.errorColumns ?? 0
    }

    deinit { clear() }

    /// Puts the text in the place of the last one, cut to the width of the terminal.
    func show(_ text: String) {
        guard columns > 1 else { return }
        isShown = true
        write("\r\(text.prefix(columns - 1))\u{1b}[K")
    }

    /// Takes the line away, before something else is said.
    func clear() {
        guard isShown else { return }
        isShown = false
        write("\r\u{1b}[K")
    }

    private func write(_ text: String) {
        try? surroundings.errors.write(Array(text.utf8).span)
    }
}
