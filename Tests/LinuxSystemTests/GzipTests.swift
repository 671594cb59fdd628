// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import LinuxSystem

@Suite struct GzipTests {
    @Test(arguments: [0, 1, 100, 1 << 20])
    func theSystemsOwnProgramUnpacksWhatIsCompressed(size: Int) throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path + "/data.gz"
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 / 3 * 7) }
        let member = try #require(Gzip.compress(bytes))
        #expect(size < 1000 || member.count < size)
        try Descriptor(opening: path, flags: O_WRONLY | O_CREAT).write(member, to: path)
        let result = try Command("/bin/gzip", ["-dc", path]).run(limit: 2 << 20, until: Deadline(after: .seconds(20)))
        #expect(result.status.isSuccess)
        #expect(result.output == bytes)
    }
}
