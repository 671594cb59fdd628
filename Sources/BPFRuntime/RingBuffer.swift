// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
internal import LinuxSystem

/// The reading end of a ring-buffer map; there is at most one reader for each map.
@safe
package struct RingBuffer: ~Copyable {
    private let raw: OpaquePointer
    private let receiver: Receiver
    private let name: String

    /// Carries the body of one ``poll(timeout:_:)`` to where libbpf calls back.
    private final class Receiver {
        var body: ((RawSpan) -> Void)?
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

    /// Hands over what is in the buffer; if it is empty, waits for something to come.
    ///
    /// libbpf: `ring_buffer__poll`.
    ///
    /// - Parameter timeout: in milliseconds; -1 waits without end, though a signal ends it.
    /// - Parameter body: gets the bytes of one record, valid during the call.
    /// - Returns: how many records there were; 0 after the timeout or a signal.
    package mutating func poll(timeout: Int32, _ body: (RawSpan) -> Void) throws(KernelError) -> Int {
        let answer = withoutActuallyEscaping(body) { body in
            receiver.body = body
            defer { receiver.body = nil }
            return Result { () throws(Errno) in try attempt { unsafe ring_buffer__poll(raw, timeout) } }
        }
        switch answer {
        case .success(let count): return Int(count)
        case .failure(.interrupted): return 0
        case .failure(let code): throw KernelError(.pollRingBuffer, name, code)
        }
    }

    private static let receive: ring_buffer_sample_fn = { context, data, size in
        guard let context = unsafe context, let data = unsafe data else { return 0 }
        let receiver = unsafe Unmanaged<Receiver>.fromOpaque(context).takeUnretainedValue()
        receiver.body?(unsafe RawSpan(_unsafeStart: data, byteCount: size))
        return 0
    }
}
