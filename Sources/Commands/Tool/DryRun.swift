// SPDX-License-Identifier: Apache-2.0

import CommandLineKit

/// The spec of `--dry-run`, which every command that changes something has.
enum DryRun {
    static let option = OptionSpec("dry-run", "Say what would be done, and do nothing")
}
