// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Says which case a thread was at when it crashed; a trap leaves nothing else behind.
enum CrashReport {
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        unsafe pthread_key_create(&key, nil)
        return key
    }()

    private static let handlers: Void = {
        _ = key
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] {
            signal(number) { number in
                // The signal is delivered to the thread that caused it.
                let noted = unsafe UInt64(UInt(bitPattern: pthread_getspecific(CrashReport.key)))
                if noted > 0 {
                    let line = "crash at case \(noted - 1) of seed \(FuzzRun.seed): EBPFCTL_CASE=\(noted - 1)\n"
                    _ = unsafe write(STDERR_FILENO, line, line.utf8.count)
                }
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }()

    static func install() { handlers }

    static func note(_ fuzzCase: FuzzCase) {
        _ = unsafe pthread_setspecific(key, UnsafeRawPointer(bitPattern: UInt(fuzzCase.number) + 1))
    }

    static func forget() { _ = pthread_setspecific(key, nil) }
}
