// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import LinuxSystem

@Suite struct KernelLogTests {
    @Test(
        arguments: [
            ("6,1234,98765432,-;vxlan: up\n SUBSYSTEM=net\n", KernelLog.Record(time: 98_765_432, message: "vxlan: up")),
            ("4,1,5,c,more;a;b\n", .init(time: 5, message: "a;b")), ("4,1,5,-;", .init(time: 5, message: "")),
            ("no semicolon", nil), ("4,1;short", nil), ("4,1,x,-;late", nil), ("", nil),
        ] as [(String, KernelLog.Record?)])
    func aRecordIsItsTimeAndItsMessage(text: String, expected: KernelLog.Record?) {
        #expect(KernelLog.Record(parsing: text) == expected)
    }
}
