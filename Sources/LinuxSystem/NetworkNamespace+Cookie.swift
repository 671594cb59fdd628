// SPDX-License-Identifier: Apache-2.0

import CLinuxShim
import Glibc

extension NetworkNamespace {
    /// The kernel's number for the calling thread's own namespace, as `bpf_get_netns_cookie` gives it; never reused.
    ///
    /// - Returns: nil where the kernel does not tell: SO_NETNS_COOKIE needs Linux 5.14.
    package static func currentCookie() -> UInt64? {
        let number = shim_open_socket(AF_INET, Int32(IPPROTO_UDP))
        guard number >= 0 else { return nil }
        let socket = Descriptor(owning: number)
        var cookie: UInt64 = 0
        var length = socklen_t(MemoryLayout<UInt64>.size)
        let result = unsafe getsockopt(socket.rawValue, SOL_SOCKET, cookieOption, &cookie, &length)
        return result == 0 ? cookie : nil
    }

    /// SO_NETNS_COOKIE, younger than the C library's headers.
    private static var cookieOption: Int32 { 71 }
}
