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
    let errand = unsafe Unmanaged.passRetained(Errand(body))
    defer { unsafe errand.release() }
    var thread = pthread_t()
    let result = unsafe pthread_create(
        &thread, nil,
        { context in
            if let context = unsafe context {
                unsafe Unmanaged<Errand>.fromOpaque(context).takeUnretainedValue().body()
            }
            return nil
        }, errand.toOpaque())
    if result == 0 { pthread_join(thread, nil) }
    return result
}
