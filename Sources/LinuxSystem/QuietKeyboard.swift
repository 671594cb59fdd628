// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A terminal whose keys come one by one and are not echoed, until the value ends; Ctrl-C and Ctrl-Z work as ever.
///
/// tcsetattr(3).
package struct QuietKeyboard: ~Copyable {
    private let descriptor: Int32
    private var before = termios()
    private var isActive = false

    /// Without effect on what is no terminal.
    package init(_ descriptor: Int32) {
        self.descriptor = descriptor
        isActive = unsafe tcgetattr(descriptor, &before) == 0
        silence()
    }

    deinit {
        guard isActive else { return }
        var settings = before
        unsafe tcsetattr(descriptor, TCSANOW, &settings)
    }

    /// Gives the terminal its own settings back for a while, as before the process is stopped.
    package func release() {
        guard isActive else { return }
        var settings = before
        unsafe tcsetattr(descriptor, TCSANOW, &settings)
    }

    /// Makes it quiet again.
    package func silence() {
        guard isActive else { return }
        var settings = before
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
        unsafe tcsetattr(descriptor, TCSANOW, &settings)
    }

    /// For ``Poll/readable(_:until:)``; nil when there is no terminal.
    package var readable: Int32? { isActive ? descriptor : nil }

    /// The next key that waits, nil at the end of input; call it when ``readable`` can be read.
    package func key() -> UInt8? {
        try? Descriptor.read(descriptor, upTo: 1, from: "terminal").first
    }
}
