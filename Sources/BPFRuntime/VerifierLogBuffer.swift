// SPDX-License-Identifier: Apache-2.0

import Glibc
internal import LinuxSystem

/// Memory for the verifier's log of the one program among several that gets refused.
///
/// Programs are loaded one after the other, and only a refused one gets a log. So all share one large mapping, of which
/// the kernel touches no more than it writes, and each starts a page later than the one before: the first page
/// that is not empty tells which program it was, without reading anybody's message text.
@safe
struct VerifierLogBuffer: ~Copyable {
    private static let page = 4096

    /// The log of a refusal follows one path of at most a million instructions; 64 MiB hold all but freaks, and the
    /// kernel from 6.4 on keeps the end of those.
    private static let room = 64 << 20

    private let mapping: UnsafeMutableRawPointer?
    private let programs: Int

    init(programs: Int) {
        self.programs = programs
        let length = Self.room + programs * Self.page
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        let start = unsafe mmap(nil, length, PROT_READ | PROT_WRITE, flags, -1, 0)
        unsafe mapping = start == MAP_FAILED ? nil : start
    }

    deinit {
        if let mapping = unsafe mapping { unsafe munmap(mapping, Self.room + programs * Self.page) }
    }

    /// Where the log of the program at `index`, in loading order, begins; nil when there was no memory for logs.
    func start(of index: Int) -> UnsafeMutablePointer<CChar>? {
        guard let mapping = unsafe mapping else { return nil }
        return unsafe (mapping + index * Self.page).assumingMemoryBound(to: CChar.self)
    }

    func length(of index: Int) -> Int {
        unsafe mapping == nil ? 0 : Self.room
    }

    /// Which program has a log, and the log.
    private func refused() -> (index: Int, text: String)? {
        for index in 0..<programs {
            guard let start = unsafe start(of: index), unsafe start.pointee != 0 else { continue }
            return (index, unsafe String(cString: start))
        }
        return nil
    }

    /// The error for a load that failed, with the verifier's reason if it was the verifier.
    func error(
        _ operation: KernelError.Operation, _ subject: String, programs names: [String], _ code: Errno,
        _ messages: [String]
    ) -> KernelError {
        guard let (index, text) = refused(), names.indices.contains(index) else {
            return KernelError(operation, subject, code, detail: messages.isEmpty ? nil : .messages(messages))
        }
        return KernelError(.loadProgram, names[index], code, detail: .verifier(VerifierLog(text)))
    }
}
