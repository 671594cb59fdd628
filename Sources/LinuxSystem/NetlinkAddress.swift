// SPDX-License-Identifier: Apache-2.0

import CLibNL
package import DataplaneModel
import Glibc

/// libnl's counted address, released with this value.
@safe
struct NetlinkAddress: ~Copyable {
    let handle: OpaquePointer

    /// libnl: `nl_addr_build`.
    init(_ address: IPAddress, prefixLength: Int) throws(SystemError) {
        let bytes = address.withNetworkBytes { (span: Span<UInt8>) in span.indices.map { span[$0] } }
        try self.init(family: address.family.socketFamily, bytes: bytes)
        unsafe nl_addr_set_prefixlen(handle, Int32(prefixLength))
    }

    init(_ address: MACAddress) throws(SystemError) {
        try self.init(family: AF_LLC, bytes: address.bytes)
    }

    private init(family: Int32, bytes: [UInt8]) throws(SystemError) {
        let built = unsafe bytes.withUnsafeBytes { unsafe nl_addr_build(family, $0.baseAddress, $0.count) }
        guard let built = unsafe built else { throw SystemError(.openNetlink, "", .noMemory) }
        unsafe handle = unsafe built
    }

    deinit {
        unsafe nl_addr_put(handle)
    }
}

extension AddressFamily {
    /// AF_INET or AF_INET6.
    package var socketFamily: Int32 { self == .v4 ? AF_INET : AF_INET6 }

    /// nil for other address families than the two.
    package init?(socketFamily: Int32) {
        switch socketFamily {
        case AF_INET: self = .v4
        case AF_INET6: self = .v6
        default: return nil
        }
    }

    var unspecified: IPAddress { self == .v4 ? .v4(0) : .v6(high: 0, low: 0) }
}

/// The bytes of a borrowed libnl address; empty for nil.
func netlinkBytes(_ address: OpaquePointer?) -> [UInt8] {
    guard let address = unsafe address, let bytes = unsafe nl_addr_get_binary_addr(address) else { return [] }
    return unsafe [UInt8](UnsafeRawBufferPointer(start: bytes, count: Int(nl_addr_get_len(address))))
}

/// The address a borrowed libnl address stands for; nil for nil and for other families.
func netlinkIPAddress(_ address: OpaquePointer?) -> IPAddress? {
    IPAddress(networkBytes: unsafe netlinkBytes(address).span)
}

/// The prefix a borrowed libnl address stands for; an address without bytes is the family's default prefix.
func netlinkPrefix(_ address: OpaquePointer?, family: AddressFamily) -> Prefix {
    guard let host = unsafe netlinkIPAddress(address), let address = unsafe address else {
        return Prefix(around: family.unspecified, length: 0)
    }
    return Prefix(around: host, length: Int(unsafe nl_addr_get_prefixlen(address)))
}
