// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
internal import LinuxSystem

/// Runs one program on many packets: a system call for each, and no memory but the caller's.
///
/// What ``Program/testRun(packet:context:repeating:)`` does once, for where it is done a million times.
@safe
package struct TestRunner: ~Copyable {
    private let name: String
    private let descriptor: Descriptor
    private let options: UnsafeMutablePointer<bpf_test_run_opts>
    private let context: UnsafeMutablePointer<__sk_buff>

    /// - Parameter program: may be dropped; the runner keeps it loaded.
    package init(_ program: borrowing Program) throws(KernelError) {
        name = program.name
        descriptor = try .duplicating(program.descriptor.rawValue, program.name)
        unsafe options = .allocate(capacity: 1)
        unsafe context = .allocate(capacity: 1)
        // The kernel refuses padding that is not zero.
        unsafe UnsafeMutableRawPointer(options).initializeMemory(
            as: UInt8.self, repeating: 0, count: size(bpf_test_run_opts.self))
        unsafe UnsafeMutableRawPointer(context).initializeMemory(
            as: UInt8.self, repeating: 0, count: size(__sk_buff.self))
        unsafe options.pointee.sz = size(bpf_test_run_opts.self)
        unsafe options.pointee.repeat = 1
        unsafe options.pointee.ctx_in = UnsafeRawPointer(context)
        unsafe options.pointee.ctx_size_in = UInt32(size(__sk_buff.self))
    }

    deinit {
        unsafe options.deallocate()
        unsafe context.deallocate()
    }

    /// Gives the packets from now on this context; at first they have that of `PacketContext()`.
    package mutating func use(_ new: PacketContext) {
        unsafe context.pointee.mark = new.mark
        unsafe context.pointee.priority = new.priority
        unsafe context.pointee.ingress_ifindex = new.ingressInterface
        unsafe context.pointee.ifindex = new.interface
        unsafe context.pointee.tstamp = new.timestamp
        unsafe context.pointee.wire_len = new.wireLength
        unsafe context.pointee.gso_segs = new.segments
        unsafe context.pointee.gso_size = new.segmentSize
        let words = new.scratch + [UInt32](repeating: 0, count: max(0, 5 - new.scratch.count))
        unsafe context.pointee.cb = (words[0], words[1], words[2], words[3], words[4])
    }

    /// Runs the program once, in the calling thread's network namespace; maps are really changed.
    ///
    /// libbpf: `bpf_prog_test_run_opts`.
    ///
    /// - Parameter packet: begins with the packet, from the Ethernet header on.
    /// - Parameter length: of the packet, in bytes.
    /// - Parameter output: its beginning becomes the packet as the program left it, if that fits.
    /// - Returns: what the program returned, and the length of what it left.
    package mutating func run(
        _ packet: [UInt8], length: Int, into output: inout [UInt8]
    ) throws(KernelError) -> (verdict: Int32, length: Int) {
        let code = unsafe packet.withUnsafeBytes { bytes in
            unsafe output.withUnsafeMutableBytes { room in
                unsafe run(bytes, length, room)
            }
        }
        if let code { throw KernelError(.testRun, name, code) }
        return unsafe (Int32(bitPattern: options.pointee.retval), Int(options.pointee.data_size_out))
    }

    private func run(
        _ packet: UnsafeRawBufferPointer, _ length: Int, _ room: UnsafeMutableRawBufferPointer
    ) -> Errno? {
        unsafe options.pointee.data_in = packet.baseAddress
        unsafe options.pointee.data_size_in = UInt32(clamping: min(length, packet.count))
        unsafe options.pointee.data_out = room.baseAddress
        unsafe options.pointee.data_size_out = UInt32(clamping: room.count)
        return failure { unsafe bpf_prog_test_run_opts(descriptor.rawValue, options) }
    }
}
