// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import BPFRuntime

@Suite(.serialized)
struct LibbpfOutputTests {
    @Test func theVerboseModeSeesWhatIsKeptForErrorsAndMore() throws {
        let shown = Mutex<[String]>([])
        LibbpfOutput.show { line in shown.withLock { $0.append(line) } }
        defer { LibbpfOutput.show(through: nil) }
        let (_, messages) = LibbpfOutput.capturing {
            try? { () throws(KernelError) in _ = try BPFObject(name: "verbose", image: Array("nothing".utf8)) }()
        }
        // The object collected its own messages; an outer collection of the same thread starts anew behind it.
        #expect(messages == [])
        #expect(shown.withLock { $0 }.contains("elf: 'verbose' is not a proper ELF object"))
    }
}
