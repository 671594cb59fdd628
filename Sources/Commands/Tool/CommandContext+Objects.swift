// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Rendering

extension CommandContext {
    /// Changes several objects, each by itself, and prints what was done.
    ///
    /// A failure of one of several is reported on a line of its own and keeps none of the others from being done; the
    /// failure of a single one is the command's.
    ///
    /// - Returns: `failure` when any of several failed.
    func forEach<Object>(_ objects: [Object], change: (Object) throws -> Change) throws -> ExitCode {
        guard objects.count > 1 else {
            try renderer.changes(try objects.map(change))
            return .success
        }
        let scene = ErrorScene(words: invocation.words, readRecord: ErrorScene.record)
        var failed = 0
        var changes: [Change] = []
        for object in objects {
            do {
                changes.append(try change(object))
            } catch {
                failed += 1
                note(CommandError(error).line(in: scene))
            }
        }
        try renderer.changes(changes)
        return failed == 0 ? .success : .failure
    }
}
