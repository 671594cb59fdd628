// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
import Glibc
internal import LinuxSystem

/// The reading end of a ring-buffer map; there is at most one reader for each map.
@safe
package struct RingBuffer: ~Copyable {
    private let raw: OpaquePointer
    private let receiver: Receiver
    private let name: String

    /// Carries the body of one ``poll(timeout:_:)`` to where libbpf calls back.
    private final class Receiver {
        var body: ((RawSpan) -> Bool)?
        var count = 0
        var hasEnough = false
    }

    /// Needs Linux 5.8. libbpf: `ring_buffer__new`.
    ///
    /// - Parameter map: of type ``MapType/ringBuffer``, `EINVAL` otherwise; it may be dropped afterwards.
    package init(_ map: borrowing RawMap) throws(KernelError) {
        let receiver = Receiver()
        let context = unsafe Unmanaged.passUnretained(receiver).toOpaque()
        let (number, name) = (map.descriptor.rawValue, map.name)
        do {
            unsafe raw = try attemptPointer {
                unsafe ring_buffer__new(number, RingBuffer.receive, context, nil)
            }
        } catch {
            throw KernelError(.openRingBuffer, name, error)
        }
        self.receiver = receiver
        self.name = name
    }

    deinit {
        unsafe ring_buffer__free(raw)
    }

    /// Readable while there are records: for poll(2) together with other descriptors.
    ///
    /// libbpf: `ring_buffer__epoll_fd`.
    package var descriptor: Int32 { unsafe ring_buffer__epoll_fd(raw) }

    /// Hands over what is in the buffer; if it is empty, waits for something to come.
    ///
    /// libbpf: `ring_buffer__poll`.
    ///
    /// - Parameter timeout: in milliseconds; -1 waits without end, though a signal ends it.
    /// - Parameter body: gets the bytes of one record, valid during the call; false leaves the records behind it in the
    ///   buffer, without which a writer that is fast enough would keep this from ever returning.
    /// - Returns: how many records there were; 0 after the timeout or a signal.
    package mutating func poll(timeout: Int32, _ body: (RawSpan) -> Bool) throws(KernelError) -> Int {
        receiver.count = 0
        receiver.hasEnough = false
        let answer = withoutActuallyEscaping(body) { body in
            receiver.body = body
            defer { receiver.body = nil }
            return Result { () throws(Errno) in try attempt { unsafe ring_buffer__poll(raw, timeout) } }
        }
        if receiver.hasEnough { return receiver.count }
        switch answer {
        case .success(let count): return Int(count)
        case .failure(.interrupted): return 0
        case .failure(let code): throw KernelError(.pollRingBuffer, name, code)
        }
    }

    /// As ``poll(timeout:_:)``, for records that are all one C structure; those of another size are left out.
    package mutating func poll<Record: BitwiseCopyable>(
        timeout: Int32, of type: Record.Type, _ body: (Record) -> Bool
    ) throws(KernelError) -> Int {
        try poll(timeout: timeout) { bytes in
            guard bytes.byteCount == MemoryLayout<Record>.size else { return true }
            return body(unsafe bytes.unsafeLoadUnaligned(as: type))
        }
    }

    /// libbpf has taken the record by the time it calls; a negative answer ends its loop.
    private static let receive: ring_buffer_sample_fn = { context, data, size in
        guard let context = unsafe context, let data = unsafe data else { return 0 }
        let receiver = unsafe Unmanaged<Receiver>.fromOpaque(context).takeUnretainedValue()
        receiver.count += 1
        guard receiver.body?(unsafe RawSpan(_unsafeStart: data, byteCount: size)) == false else { return 0 }
        receiver.hasEnough = true
        return -ECANCELED
    }
}

extension RawMap {
    /// The bytes of a ring buffer that hold records which nobody has taken yet.
    ///
    /// The map's first page of memory holds the reader's position, the second one the writers'.
    func unreadBytes() throws(KernelError) -> Int {
        let reader = try position(atPage: 0)
        return Int(truncatingIfNeeded: max(reader, try position(atPage: 1)) - reader)
    }

    private func position(atPage page: Int) throws(KernelError) -> UInt64 {
        let size = Int(getpagesize())
        let start = unsafe mmap(nil, size, PROT_READ, MAP_SHARED, descriptor.rawValue, off_t(page * size))
        let code = Errno.current
        guard let start = unsafe start, unsafe start != MAP_FAILED else {
            throw KernelError(.openRingBuffer, name, code)
        }
        defer { unsafe munmap(start, size) }
        return unsafe start.load(as: UInt64.self)
    }
}
