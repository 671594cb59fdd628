// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem

extension PrivateNode {
    /// Makes a device whose packets begin with the IP header, up, which stays until ``removeLink(_:)``.
    package func addTUN(_ name: String) throws {
        try run {
            let number = unsafe open("/dev/net/tun", O_RDWR | O_CLOEXEC)
            guard number >= 0 else { throw SystemError(.openFile, "/dev/net/tun", .current) }
            defer { close(number) }
            // struct ifreq: the name, then the flags.
            var request = [UInt8](repeating: 0, count: 40)
            for (index, byte) in name.utf8.prefix(15).enumerated() { request[index] = byte }
            let flags = UInt16(tunKind | withoutHeader)
            request[16] = UInt8(truncatingIfNeeded: flags)
            request[17] = UInt8(flags >> 8)
            guard unsafe ioctl(number, attachRequest, &request) == 0, ioctl(number, persistRequest, 1) == 0 else {
                throw SystemError(.addLink, name, .current)
            }
            let socket = try NetlinkSocket()
            try socket.change(index: socket.index(of: name), LinkSettings(isUp: true))
        }
    }
}

// IFF_TUN, IFF_NO_PI, TUNSETIFF and TUNSETPERSIST of `linux/if_tun.h`.
private let tunKind = 0x0001
private let withoutHeader = 0x1000
private let attachRequest: UInt = 0x4004_54ca
private let persistRequest: UInt = 0x4004_54cb
