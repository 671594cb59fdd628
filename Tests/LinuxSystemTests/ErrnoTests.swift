// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import LinuxSystem

@Suite struct ErrnoTests {
    @Test(arguments: [
        (ENODEV, "ENODEV", "no such device"),
        (EPERM, "EPERM", "operation not permitted"),
        (EEXIST, "EEXIST", "file exists"),
        (EIO, "EIO", "input/output error"),
        (524, "ENOTSUPP", "operation not supported by the kernel"),
        (4000, "E4000", "error 4000"),
    ])
    func aNumberHasItsSymbolAndMeaning(number: Int32, name: String, message: String) {
        let errno = Errno(rawValue: number)
        #expect(errno.name == name)
        #expect(errno.message == message)
        #expect("\(errno)" == message)
    }

    @Test func theCurrentNumberIsThatOfTheFailedCall() {
        #expect(close(-1) == -1)
        #expect(Errno.current == .badDescriptor)
    }
}

@Suite struct SystemErrorTests {
    @Test(arguments: [
        (SystemError(.openFile, "/run/x", .accessDenied), "cannot open '/run/x': permission denied"),
        (SystemError(.openNetlink, "", .notPermitted), "cannot open a netlink socket: operation not permitted"),
        (
            SystemError(.addLink, "eth0", .exists, detail: "name in use"),
            "cannot add link 'eth0': file exists (name in use)"
        ),
    ])
    func anErrorReadsAsOneSentence(error: SystemError, text: String) {
        #expect("\(error)" == text)
    }

    @Test func everyOperationHasWordsOfItsOwn() {
        let phrases = SystemOperation.allCases.map(\.phrase)
        #expect(Set(phrases).count == phrases.count)
        #expect(!phrases.contains { phrase in phrase.contains { $0.isUppercase } })
    }
}
