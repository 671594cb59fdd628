// SPDX-License-Identifier: Apache-2.0

import Rendering

/// A line on a terminal's standard error that says what a long command is at; it goes with the value.
///
/// Silent where standard error is no terminal or a dumb one, which cannot take a line away, and with `--quiet`.
final class StatusLine {
    private let errors: any OutputSink
    /// 0 for a silent one.
    private let columns: Int
    private var isShown = false

    init(_ surroundings: Surroundings, isQuiet: Bool = false) {
        errors = surroundings.errors
        let isSilent = isQuiet || surroundings.environment["TERM"] == "dumb"
        columns = isSilent ? 0 : surroundings.errorColumns ?? 0
    }

    convenience init(_ context: CommandContext) {
        self.init(context.surroundings, isQuiet: context.renderer.options.quiet)
    }

    deinit { clear() }

    var isSilent: Bool { columns < 2 }

    /// Puts the text in the place of the last one, cut to the width of the terminal.
    func show(_ text: String) {
        guard !isSilent else { return }
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
        try? errors.write(Array(text.utf8).span)
    }
}
