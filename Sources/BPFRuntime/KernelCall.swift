// SPDX-License-Identifier: Apache-2.0

import Glibc
internal import LinuxSystem

/// Runs one C call that answers with a negative number on failure, and reads `errno` before anything can change it.
///
/// Nothing else in this target reads `errno`.
func attempt(_ call: () -> Int32) throws(Errno) -> Int32 {
    let result = call()
    let code = Errno.current
    guard result < 0 else { return result }
    throw code.withoutLibbpfNumbers
}

/// As ``attempt(_:)``, where only failure tells something.
func failure(of call: () -> Int32) -> Errno? {
    do {
        _ = try attempt(call)
        return nil
    } catch {
        return error
    }
}

/// As ``attempt(_:)``, for C calls that answer with NULL on failure.
func attemptPointer(_ call: () -> OpaquePointer?) throws(Errno) -> OpaquePointer {
    let result = unsafe call()
    let code = Errno.current
    if let result = unsafe result { return unsafe result }
    throw code.withoutLibbpfNumbers
}

/// As ``attempt(_:)``, with the error put into its context.
@discardableResult
func perform(
    _ operation: KernelError.Operation, _ subject: String, to target: @autoclosure () -> String? = nil,
    _ call: () -> Int32
) throws(KernelError) -> Int32 {
    do {
        return try attempt(call)
    } catch {
        throw KernelError(operation, subject, to: target(), error)
    }
}

/// As ``perform(_:_:_:)``, for calls that answer with a new descriptor; the caller owns it.
func performOpening(
    _ operation: KernelError.Operation, _ subject: String, to target: @autoclosure () -> String? = nil,
    _ call: () -> Int32
) throws(KernelError) -> Descriptor {
    Descriptor(owning: try perform(operation, subject, to: target(), call))
}

extension Descriptor {
    /// A second descriptor of the same kernel object; libbpf's own stay with the object they came from.
    static func duplicating(_ number: Int32, _ subject: String) throws(KernelError) -> Descriptor {
        try performOpening(.duplicate, subject) { fcntl(number, F_DUPFD_CLOEXEC, 0) }
    }
}

extension Errno {
    /// The nearest number of the system for libbpf's private ones (`enum libbpf_errno`), otherwise itself.
    ///
    /// Some functions of libbpf return the number negative and leave it so in `errno`; that is undone as well.
    var withoutLibbpfNumbers: Errno {
        switch abs(rawValue) {
        case 4000...4003: Errno(rawValue: ENOEXEC)
        case 4004...4010: .invalidArgument
        case 4011...4013: Errno(rawValue: EBADMSG)
        default: Errno(rawValue: abs(rawValue))
        }
    }

    /// Whether the kernel has no such command for this kind of map, in any of the ways in which it says so.
    var meansNoBatchCommand: Bool {
        self == .notSupportedByKernel || self == .notSupported || self == .invalidArgument
    }
}

/// The text of a fixed-size C character array, up to its first NUL.
func text<Characters: BitwiseCopyable>(_ characters: Characters) -> String {
    unsafe withUnsafeBytes(of: characters) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}

/// `sizeof`, as libbpf's option structures want it.
func size<Structure>(_: Structure.Type) -> Int {
    MemoryLayout<Structure>.size
}

/// `offsetofend`: the size up to and with `last`, for structures that end in padding.
///
/// Swift does not keep padding zero, and both libbpf and older kernels refuse bytes that they do not know unless they
/// are.
func size<Structure, Field>(_: Structure.Type, through last: KeyPath<Structure, Field>) -> Int {
    (MemoryLayout<Structure>.offset(of: last) ?? 0) + MemoryLayout<Field>.size
}

/// Both the answer and `errno`, for calls whose answer 0 may hide an error.
func answerAndCode(_ call: () -> Int32) -> (answer: Int32, code: Errno) {
    errno = 0
    let answer = call()
    return (answer, Errno.current.withoutLibbpfNumbers)
}
