// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
internal import LinuxSystem

/// The fields of a packet's context that a test run can set, all in host byte order.
package struct PacketContext: Hashable, Sendable {
    package var mark: UInt32 = 0
    package var priority: UInt32 = 0

    /// The interface that the packet is to have come in by; 0 for none.
    package var ingressInterface: UInt32 = 0

    /// The interface that the packet is at; 0 for the kernel's choice, loopback. It must exist.
    package var interface: UInt32 = 0

    /// The five scratch words.
    package var scratch: [UInt32] = []

    /// The time stamp in nanoseconds.
    package var timestamp: UInt64 = 0

    /// The length on the wire of an aggregated packet; 0 for the packet's own.
    package var wireLength: UInt32 = 0
    package var segments: UInt32 = 0
    package var segmentSize: UInt32 = 0

    package init() {}
}

/// What a test run of a packet program gave.
package struct RunResult: Hashable, Sendable {
    /// What the program returned, such as `TC_ACT_OK`.
    package let verdict: Int32

    /// The packet as the program left it, from the Ethernet header on.
    package let packet: [UInt8]

    /// The average time of one run, in nanoseconds.
    package let duration: UInt32

    /// The context as the program left it.
    package let context: PacketContext
}

extension Program {
    /// Runs the program on a packet, without any effect on the network; maps are really changed.
    ///
    /// libbpf: `bpf_prog_test_run_opts`.
    ///
    /// - Parameter packet: from the Ethernet header on, at least 14 bytes.
    /// - Parameter count: how often to run it on the same packet buffer; a program that rewrites the packet sees its
    /// own output from the second time on.
    /// - Throws: ``KernelError`` with `ENOTSUPP` for program types that cannot be tested, such as those of connect(2).
    package func testRun(
        packet: [UInt8], context: PacketContext = PacketContext(), repeating count: Int32 = 1
    ) throws(KernelError) -> RunResult {
        var room = [UInt8](repeating: 0, count: packet.count + 1024)
        let number = descriptor.rawValue
        let answer = unsafe packet.withUnsafeBytes { packet in
            unsafe room.withUnsafeMutableBytes { room in
                unsafe Self.run(number, count, packet, room, context)
            }
        }
        switch answer {
        case .failure(let code):
            throw KernelError(.testRun, name, code)
        case .success(let done):
            room.removeSubrange(min(room.count, done.length)...)
            return RunResult(verdict: done.verdict, packet: room, duration: done.duration, context: done.context)
        }
    }

    private struct Outcome {
        let verdict: Int32
        let duration: UInt32
        let length: Int
        let context: PacketContext
    }

    private static func run(
        _ program: Int32, _ count: Int32, _ packet: UnsafeRawBufferPointer, _ room: UnsafeMutableRawBufferPointer,
        _ context: PacketContext
    ) -> Result<Outcome, Errno> {
        // The kernel refuses a context whose padding is not zero, so both are written in place and never copied.
        let contexts = UnsafeMutablePointer<__sk_buff>.allocate(capacity: 2)
        defer { unsafe contexts.deallocate() }
        unsafe UnsafeMutableRawPointer(contexts).initializeMemory(
            as: UInt8.self, repeating: 0, count: 2 * size(__sk_buff.self))
        unsafe context.write(to: contexts)
        var options = unsafe bpf_test_run_opts()
        unsafe options.sz = size(bpf_test_run_opts.self)
        unsafe options.repeat = count
        unsafe options.data_in = UnsafeRawPointer(packet.baseAddress)
        unsafe options.data_size_in = UInt32(packet.count)
        unsafe options.data_out = room.baseAddress
        unsafe options.data_size_out = UInt32(room.count)
        unsafe options.ctx_in = UnsafeRawPointer(contexts)
        unsafe options.ctx_size_in = UInt32(size(__sk_buff.self))
        unsafe options.ctx_out = UnsafeMutableRawPointer(contexts + 1)
        unsafe options.ctx_size_out = UInt32(size(__sk_buff.self))
        if let code = failure(of: { unsafe bpf_prog_test_run_opts(program, &options) }) { return .failure(code) }
        return unsafe .success(
            Outcome(
                verdict: Int32(bitPattern: options.retval), duration: options.duration,
                length: Int(options.data_size_out), context: PacketContext(contexts + 1)))
    }
}

extension PacketContext {
    /// Fills in `raw`, which is all zeroes before.
    fileprivate func write(to raw: UnsafeMutablePointer<__sk_buff>) {
        unsafe raw.pointee.mark = mark
        unsafe raw.pointee.priority = priority
        unsafe raw.pointee.ingress_ifindex = ingressInterface
        unsafe raw.pointee.ifindex = interface
        unsafe raw.pointee.tstamp = timestamp
        unsafe raw.pointee.wire_len = wireLength
        unsafe raw.pointee.gso_segs = segments
        unsafe raw.pointee.gso_size = segmentSize
        let words = scratch + [UInt32](repeating: 0, count: max(0, 5 - scratch.count))
        unsafe raw.pointee.cb = (words[0], words[1], words[2], words[3], words[4])
    }

    fileprivate init(_ raw: UnsafePointer<__sk_buff>) {
        unsafe mark = raw.pointee.mark
        unsafe priority = raw.pointee.priority
        unsafe ingressInterface = raw.pointee.ingress_ifindex
        unsafe interface = raw.pointee.ifindex
        unsafe timestamp = raw.pointee.tstamp
        unsafe wireLength = raw.pointee.wire_len
        unsafe segments = raw.pointee.gso_segs
        unsafe segmentSize = raw.pointee.gso_size
        let words = unsafe raw.pointee.cb
        scratch = [words.0, words.1, words.2, words.3, words.4]
    }
}
