// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Runs `body` on a new thread and waits for it, so that what it does to its thread ends with the thread.
///
/// - Throws: ``SystemError`` of `body`, or with operation `enterNamespace` when no thread can be had.
func runOnOwnThread<Value>(_ body: () throws(SystemError) -> Value) throws(SystemError) -> Value {
    var outcome: Result<Value, SystemError> = .failure(SystemError(.enterNamespace, "", .wouldBlock))
    let started = withoutActuallyEscaping({
        do throws(SystemError) {
            outcome = .success(try body())
        } catch {
            outcome = .failure(error)
        }
    }) { errand in
        runOnThread(errand)
    }
    guard started == 0 else { throw SystemError(.enterNamespace, "", Errno(rawValue: started)) }
    return try outcome.get()
}

private final class Errand {
    let body: () -> Void

    init(_ body: @escaping () -> Void) {
        self.body = body
    }
}

private func runOnThread(_ body: @escaping () -> Void) -> Int32 {
    do throws(SystemError) {
        try RunningThread(body).join()
        return 0
    } catch {
        return error.errno.rawValue
    }
}

/// A thread that has been started and has to be waited for.
@safe
struct RunningThread {
    private let thread: pthread_t
    private let errand: Errand

    /// - Throws: ``SystemError`` with operation `enterNamespace` when no thread can be had.
    init(_ body: @escaping () -> Void) throws(SystemError) {
        errand = Errand(body)
        var thread = pthread_t()
        let result = unsafe pthread_create(
            &thread, nil,
            { context in
                if let context = unsafe context {
                    unsafe Unmanaged<Errand>.fromOpaque(context).takeUnretainedValue().body()
                }
                return nil
            }, Unmanaged.passUnretained(errand).toOpaque())
        guard result == 0 else { throw SystemError(.enterNamespace, "", Errno(rawValue: result)) }
        self.thread = thread
    }

    func join() {
        withExtendedLifetime(errand) { _ = pthread_join(thread, nil) }
    }
}
