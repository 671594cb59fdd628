// SPDX-License-Identifier: Apache-2.0

import Foundation
import LinuxSystem
import Testing

@testable import Commands

@Suite struct TarArchiveTests {
    private func tar(_ archive: TarArchive, _ options: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/tar-\(UUID().uuidString.prefix(8))"
        defer { try? Filesystem.removeFile(path) }
        try Data(archive.bytes).write(to: URL(filePath: path))
        let result = try LinuxSystem.Command("/bin/tar", [options, path]).run(until: Deadline(after: .seconds(20)))
        #expect(result.errorText == "")
        #expect(result.status.isSuccess)
        return result.text
    }

    /// Sizes around the block of 512 bytes that a file fills up.
    @Test(arguments: [0, 1, 511, 512, 513, 5000])
    func theSystemsOwnProgramReadsTheFiles(size: Int) throws {
        var archive = TarArchive(time: 1_709_251_199)
        let content = String(repeating: "x", count: size)
        archive.add("top/one.txt", Array(content.utf8))
        archive.add("top/two.txt", Array("second\n".utf8))
        #expect(try tar(archive, "-tf") == "top/one.txt\ntop/two.txt\n")
        #expect(try tar(archive, "-xOf") == content + "second\n")
        #expect(archive.bytes.count % 512 == 0)
    }

    @Test func aFileIsItsOwnersAloneAndHasTheTimeOfTheArchive() throws {
        var archive = TarArchive(time: 1_709_251_199)
        archive.add("a", [])
        #expect(try tar(archive, "-tvf").hasPrefix("-rw------- root/root         0 2024-02-29 23:59"))
    }

    @Test func aNameThatIsTooLongKeepsItsEnd() throws {
        var archive = TarArchive(time: 0)
        archive.add(String(repeating: "d/", count: 60) + "end.txt", [])
        #expect(try tar(archive, "-tf").utf8.count == 100)
        #expect(try tar(archive, "-tf").hasSuffix("/end.txt\n"))
    }
}
