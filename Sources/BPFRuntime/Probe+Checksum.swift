// SPDX-License-Identifier: Apache-2.0

extension Probe {
    /// Whether `bpf_l4_csum_replace` takes `BPF_F_IPV6`, found by running it on a packet of zeroes.
    ///
    /// Needs Linux 6.16, or a stable kernel that got the fix; every older one answers `EINVAL`.
    package static func acceptsIPv6ChecksumFlag() -> Bool {
        let pseudoHeader: Int32 = 1 << 4
        let ipv6: Int32 = 1 << 7
        let checksumReplace: Int32 = 11
        let instructions: [Instruction] = [
            .move(2, 56), .move(3, 0), .move(4, 0), .move(5, pseudoHeader | ipv6), .call(checksumReplace), .exit,
        ]
        do {
            let program = try Program(name: "probe", type: .schedClassifier, instructions: instructions)
            return try program.testRun(packet: [UInt8](repeating: 0, count: 64)).verdict == 0
        } catch {
            return false
        }
    }
}
