// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A socket to one of the kernel's netlink protocols that libnl's route library does not know.
///
/// It asks about the network namespace in which it was opened.
struct NetlinkExchange: ~Copyable {
    /// NETLINK_NETFILTER and NETLINK_GENERIC.
    enum Subject: Int32 {
        case netfilter = 12
        case generic = 16
    }

    enum Ending: UInt16 {
        /// NLM_F_ACK.
        case acknowledgement = 0x4
        /// NLM_F_DUMP.
        case wholeTable = 0x300
        /// Of messages around the one that is answered.
        case none = 0
    }

    struct Request {
        var type: UInt16
        var ending: Ending
        /// The family's own header and the attributes.
        var body: [UInt8]
    }

    private let descriptor: Descriptor

    /// The kernel answers at once; this bounds a fault.
    private static let patience = Duration.seconds(30)

    init(_ subject: Subject) throws(SystemError) {
        let number = socket(
            AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), subject.rawValue)
        guard number >= 0 else { throw SystemError(.openNetlink, "", .current) }
        descriptor = Descriptor(owning: number)
    }

    /// Sends requests in one datagram and collects the answers to the one that has an ending.
    ///
    /// - Returns: the bodies of the answers.
    /// - Throws: ``SystemError`` with the kernel's refusal of any of them.
    func ask(
        _ operation: SystemOperation, _ subject: String, _ requests: [Request]
    ) throws(SystemError) -> [[UInt8]] {
        for _ in 0..<8 {
            do throws(Failure) {
                return try askOnce(requests)
            } catch {
                // The table changed while it was read.
                guard error.errno == .interrupted else { throw SystemError(operation, subject, error.errno) }
            }
        }
        throw SystemError(operation, subject, .interrupted)
    }

    private struct Failure: Error { let errno: Errno }

    private func askOnce(_ requests: [Request]) throws(Failure) -> [[UInt8]] {
        var datagram = NetlinkBytes()
        for (index, request) in requests.enumerated() {
            datagram.append(UInt32(16 + request.body.count))
            datagram.append(request.type)
            // NLM_F_REQUEST.
            datagram.append(1 | request.ending.rawValue)
            datagram.append(UInt32(index + 1))
            datagram.append(0 as UInt32)
            datagram.append(request.body)
        }
        do throws(SystemError) {
            try descriptor.write(datagram.bytes, to: "netlink")
            return try answers(to: UInt32(1 + (requests.firstIndex { $0.ending != .none } ?? 0)))
        } catch {
            throw Failure(errno: error.errno)
        }
    }

    private func answers(to awaited: UInt32) throws(SystemError) -> [[UInt8]] {
        let deadline = Deadline(after: Self.patience)
        var bodies: [[UInt8]] = []
        var isInconsistent = false
        while try Poll.readable([descriptor.rawValue], until: deadline)[0] {
            var rest = try descriptor.read(upTo: 1 << 17, from: "netlink")[...]
            while let message = Message(rest) {
                rest = rest.dropFirst((message.length + 3) & ~3)
                isInconsistent = isInconsistent || message.isInconsistent
                if let errno = message.errno, errno != 0 {
                    throw SystemError(.receive, "netlink", Errno(rawValue: errno))
                }
                guard message.sequence == awaited else { continue }
                if message.isLast {
                    if isInconsistent { throw SystemError(.receive, "netlink", .interrupted) }
                    return bodies
                }
                bodies.append(Array(message.body))
            }
        }
        throw SystemError(.receive, "netlink", .timedOut)
    }
}

/// One message of an answer.
private struct Message {
    let length: Int
    let type: UInt16
    let flags: UInt16
    let sequence: UInt32
    let body: ArraySlice<UInt8>

    /// nil at the end of the datagram, and for what is cut off.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard let length = bytes.number(at: 0, of: UInt32.self).map(Int.init), length >= 16, length <= bytes.count,
            let type = bytes.number(at: 4, of: UInt16.self), let flags = bytes.number(at: 6, of: UInt16.self),
            let sequence = bytes.number(at: 8, of: UInt32.self)
        else { return nil }
        self.length = length
        self.type = type
        self.flags = flags
        self.sequence = sequence
        body = bytes.dropFirst(16).prefix(length - 16)
    }

    /// NLM_F_DUMP_INTR.
    var isInconsistent: Bool { flags & 0x10 != 0 }

    /// NLMSG_ERROR, which acknowledges with 0, or NLMSG_DONE.
    var isLast: Bool { type == 2 || type == 3 }

    var errno: Int32? {
        guard isLast else { return nil }
        return body.number(at: 0, of: Int32.self).map { -$0 }
    }
}
