// SPDX-License-Identifier: Apache-2.0

import CLibNL
import CLinuxShim
import Glibc

/// A socket to the routing tables of one network namespace, the one it was opened in, for as long as it lives.
///
/// Links, addresses, routes and neighbours are in the extensions. One thread at a time.
@safe
package struct NetlinkSocket: ~Copyable {
    let handle: OpaquePointer
    private let report = Report()

    /// Opens a socket in the calling thread's network namespace.
    ///
    /// libnl: `nl_socket_set_fd`.
    package init() throws(SystemError) {
        let number = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), NETLINK_ROUTE)
        guard number >= 0 else { throw SystemError(.openNetlink, "", .current) }
        try self.init(taking: Descriptor(owning: number))
    }

    /// Opens a socket in another network namespace; the calling thread stays where it is.
    package init(in namespace: borrowing NetworkNamespace) throws(SystemError) {
        let number = try namespace.run { () throws(SystemError) -> Int32 in
            let number = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), NETLINK_ROUTE)
            guard number >= 0 else { throw SystemError(.openNetlink, "", .current) }
            return number
        }
        try self.init(taking: Descriptor(owning: number))
    }

    private init(taking descriptor: consuming Descriptor) throws(SystemError) {
        try Self.bindToKernel(descriptor.rawValue)
        guard let handle = unsafe nl_socket_alloc() else { throw SystemError(.openNetlink, "", .noMemory) }
        let result = unsafe nl_socket_set_fd(handle, NETLINK_ROUTE, descriptor.rawValue)
        guard result == 0 else {
            unsafe nl_socket_free(handle)
            throw SystemError(.openNetlink, "", Errno(netlink: result))
        }
        _ = descriptor.release()
        unsafe nl_socket_set_buffer_size(handle, 1 << 20, 1 << 16)
        unsafe nl_socket_modify_err_cb(handle, NL_CB_CUSTOM, Report.record, Unmanaged.passUnretained(report).toOpaque())
        unsafe self.handle = unsafe handle
    }

    deinit {
        unsafe nl_socket_free(handle)
    }

    /// Lets the kernel choose the port and explain its refusals (NETLINK_EXT_ACK, Linux 4.12).
    private static func bindToKernel(_ number: Int32) throws(SystemError) {
        var yes: Int32 = 1
        unsafe setsockopt(number, SOL_NETLINK, NETLINK_EXT_ACK, &yes, socklen_t(MemoryLayout<Int32>.size))
        var own = sockaddr_nl()
        own.nl_family = sa_family_t(AF_NETLINK)
        let bound = unsafe withUnsafePointer(to: &own) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(number, address, socklen_t(MemoryLayout<sockaddr_nl>.size))
            }
        }
        guard bound == 0 else { throw SystemError(.openNetlink, "", .current) }
    }
}

extension NetlinkSocket {
    /// Runs one libnl call and turns its refusal into an error with the kernel's own number and words.
    func perform(
        _ operation: SystemOperation, _ subject: @autoclosure () -> String, _ call: (OpaquePointer) -> Int32
    ) throws(SystemError) {
        report.clear()
        let result = unsafe call(handle)
        guard result < 0 else { return }
        throw SystemError(operation, subject(), report.errno ?? Errno(netlink: result), detail: report.explanation)
    }

    /// Requests a whole table and visits each of its objects; retried when the table changed under the walk.
    ///
    /// - Parameter headerSize: of the request's own structure, whose first byte is the family: the kernel complains in its
    ///   log about bytes behind it where it looks for attributes.
    ///
    /// libnl: `nl_send_simple` with `NLM_F_DUMP`, `nl_msg_parse`.
    func dump<Element>(
        _ operation: SystemOperation, type: Int, family: Int32, headerSize: Int = MemoryLayout<ifinfomsg>.size,
        _ convert: @escaping (OpaquePointer) -> Element?
    ) throws(SystemError) -> [Element] {
        for _ in 0..<Self.dumpAttempts {
            do throws(SystemError) {
                return try unsafe dumpOnce(operation, type: type, family: family, headerSize, convert)
            } catch  where error.errno == .interrupted {
                continue
            }
        }
        throw SystemError(operation, "", .interrupted)
    }

    /// Sends one request and takes the one object that answers it; nil when the answer is of another kind.
    ///
    /// libnl: `nl_send_auto`, `nl_wait_for_ack`, `nl_msg_parse`.
    ///
    /// - Parameter message: a `struct nl_msg`, which stays the caller's.
    func ask<Element>(
        _ operation: SystemOperation, _ subject: String, sending message: OpaquePointer,
        _ convert: @escaping (OpaquePointer) -> Element?
    ) throws(SystemError) -> Element? {
        var answer: Element?
        try unsafe withoutActuallyEscaping({ (object: OpaquePointer) in
            answer = unsafe convert(object) ?? answer
        }) { (visit) throws(SystemError) in
            let visitor = unsafe Visitor(visit)
            try unsafe perform(operation, subject) { handle in
                unsafe nl_socket_modify_cb(
                    handle, NL_CB_VALID, NL_CB_CUSTOM, Visitor.receive, Unmanaged.passUnretained(visitor).toOpaque())
                let sent = unsafe nl_send_auto(handle, message)
                let received = sent < 0 ? sent : unsafe nl_recvmsgs_default(handle)
                // The acknowledgement follows the answer in a message of its own.
                return received < 0 ? received : unsafe nl_wait_for_ack(handle)
            }
        }
        return answer
    }

    private static var dumpAttempts: Int { 8 }

    private func dumpOnce<Element>(
        _ operation: SystemOperation, type: Int, family: Int32, _ headerSize: Int,
        _ convert: @escaping (OpaquePointer) -> Element?
    ) throws(SystemError) -> [Element] {
        var elements: [Element] = []
        try unsafe withoutActuallyEscaping({ (object: OpaquePointer) in
            if let element = unsafe convert(object) { elements.append(element) }
        }) { (visit) throws(SystemError) in
            let visitor = unsafe Visitor(visit)
            // The longest of the structures; the rest of the header is zero, which selects everything.
            var header = ifinfomsg()
            header.ifi_family = UInt8(family)
            try unsafe perform(operation, "") { handle in
                unsafe nl_socket_modify_cb(
                    handle, NL_CB_VALID, NL_CB_CUSTOM, Visitor.receive, Unmanaged.passUnretained(visitor).toOpaque())
                let sent = unsafe nl_send_simple(handle, Int32(type), NLM_F_DUMP, &header, headerSize)
                return sent < 0 ? sent : unsafe nl_recvmsgs_default(handle)
            }
        }
        return elements
    }
}

/// What the kernel said in its last refusal.
private final class Report {
    private(set) var errno: Errno?
    private(set) var explanation: String?

    func clear() {
        errno = nil
        explanation = nil
    }

    static let record: nl_recvmsg_err_cb_t = { _, refusal, context in
        guard let refusal = unsafe refusal, let context = unsafe context else { return Int32(NL_STOP.rawValue) }
        let report = unsafe Unmanaged<Report>.fromOpaque(context).takeUnretainedValue()
        report.errno = unsafe Errno(rawValue: -refusal.pointee.error)
        let text = unsafe [CChar](unsafeUninitializedCapacity: 256) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            unsafe shim_netlink_explanation(refusal, base, buffer.count)
            count = unsafe strnlen(base, buffer.count)
        }
        if !text.isEmpty { report.explanation = String(decoding: text.map(UInt8.init(bitPattern:)), as: UTF8.self) }
        return Int32(NL_STOP.rawValue)
    }
}

/// Carries a closure through libnl's two callbacks: message, then parsed object.
@safe
private final class Visitor {
    let visit: (OpaquePointer) -> Void

    init(_ visit: @escaping (OpaquePointer) -> Void) {
        unsafe self.visit = unsafe visit
    }

    static let receive: nl_recvmsg_msg_cb_t = { message, context in
        unsafe nl_msg_parse(
            message,
            { object, context in
                guard let object = unsafe object, let context = unsafe context else { return }
                unsafe Unmanaged<Visitor>.fromOpaque(context).takeUnretainedValue().visit(object)
            }, context)
        return Int32(NL_OK.rawValue)
    }
}

extension Errno {
    /// The nearest system error for a failure that libnl found itself, with no answer from the kernel.
    init(netlink code: Int32) {
        switch abs(code) {
        case NLE_DUMP_INTR, NLE_INTR: self = .interrupted
        case NLE_NOMEM: self = .noMemory
        case NLE_AGAIN: self = .wouldBlock
        case NLE_BAD_SOCK: self = .badDescriptor
        case NLE_EXIST: self = .exists
        case NLE_OBJ_NOTFOUND, NLE_NODEV: self = .noDevice
        case NLE_PERM, NLE_NOACCESS: self = .notPermitted
        case NLE_OPNOTSUPP: self = .notSupported
        case NLE_INVAL, NLE_RANGE, NLE_MISSING_ATTR: self = .invalidArgument
        default: self = .inputOutput
        }
    }
}
