// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem
import Testing

@testable import BPFRuntime

struct KernelCallTests {
    private static let numbers: [(Int32, Int32)] = [
        (4001, ENOEXEC), (4003, ENOEXEC), (4005, EINVAL), (4010, EINVAL), (4013, EBADMSG), (ENODEV, ENODEV),
        (-ENODEV, ENODEV), (524, 524),
    ]

    @Test(arguments: numbers)
    func libbpfsOwnNumbersBecomeTheNearestOfTheSystem(_ number: Int32, _ expected: Int32) {
        #expect(Errno(rawValue: number).withoutLibbpfNumbers == Errno(rawValue: expected))
    }

    @Test func aSuccessfulCallIsNotJudgedByAnOldError() throws {
        errno = ENODEV
        #expect(try attempt { 7 } == 7)
        #expect(failure { 0 } == nil)
    }

    @Test func aFailedCallGivesItsErrorInContext() {
        #expect(throws: KernelError(.pin, "/somewhere", to: "lo", .busy)) {
            try perform(.pin, "/somewhere", to: "lo") {
                errno = EBUSY
                return -1
            }
        }
    }
}
