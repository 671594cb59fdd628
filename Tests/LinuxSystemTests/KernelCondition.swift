// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import LinuxSystem

extension Trait where Self == ConditionTrait {
    /// Skips without root, with a reason, unless `EBPFCTL_REQUIRE_KERNEL=1` wants a failure instead.
    static var needsRoot: Self {
        let isRequired = ProcessInfo.processInfo.environment["EBPFCTL_REQUIRE_KERNEL"] == "1"
        return .enabled(if: getuid() == 0 || isRequired, "needs root")
    }
}

/// A directory of its own for one test, removed with everything in it.
final class ScratchDirectory {
    let path: String

    init() throws {
        path = "/tmp/ebpfctl-test-\(UInt32.random(in: 0 ... .max))"
        try Filesystem.makeDirectory(path)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

func soon() -> Deadline { Deadline(after: .seconds(5)) }
