// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
internal import LinuxSystem

extension Map {
    /// Writes many entries with few system calls, in order; key by key where the kernel has no batch command.
    ///
    /// libbpf: `bpf_map_update_batch`.
    ///
    /// - Parameter values: as many as keys.
    /// - Throws: ``KernelError`` with detail `partial` telling how many entries were written before the refused one.
    package func updateBatch(
        _ keys: [Key], _ values: [Value], _ mode: UpdateMode = .any
    ) throws(KernelError) {
        let total = min(keys.count, values.count)
        var done = 0
        while done < total {
            let part = done..<min(total, done + batchLimit)
            let (written, code) = updatePart(keys[part], values[part], mode)
            done += written
            guard let code else { continue }
            guard code.meansNoBatchCommand, done == 0 else {
                throw KernelError(.update, raw.name, code, detail: .partial(done: done, total: total))
            }
            return try updateOneByOne(keys, values, mode)
        }
    }

    /// Removes many entries with few system calls; key by key where the kernel has no batch command.
    ///
    /// libbpf: `bpf_map_delete_batch`.
    ///
    /// - Returns: how many were there to be removed; absent keys are passed over.
    /// - Throws: ``KernelError`` with detail `partial` telling how many keys were dealt with before the refused one.
    @discardableResult
    package func deleteBatch(_ keys: [Key]) throws(KernelError) -> Int {
        var done = 0
        var deleted = 0
        while done < keys.count {
            let part = done..<min(keys.count, done + batchLimit)
            let (removed, code) = deletePart(keys[part])
            done += removed
            deleted += removed
            switch code {
            case nil: continue
            case .noEntry: done += 1
            case .some(let code) where code.meansNoBatchCommand && done == 0: return try deleteOneByOne(keys)
            case .some(let code):
                throw KernelError(.delete, raw.name, code, detail: .partial(done: done, total: keys.count))
            }
        }
        return deleted
    }

    /// The kernel copies keys and values of a batch in one go; a megabyte at a time keeps that cheap.
    private var batchLimit: Int {
        max(1, (1 << 20) / max(1, MemoryLayout<Key>.stride + MemoryLayout<Value>.stride))
    }

    func updateOneByOne(_ keys: [Key], _ values: [Value], _ mode: UpdateMode) throws(KernelError) {
        let total = min(keys.count, values.count)
        for index in 0..<total {
            do {
                try update(keys[index], values[index], mode)
            } catch {
                let detail = KernelError.Detail.partial(done: index, total: total)
                throw KernelError(.update, raw.name, error.errno, detail: detail)
            }
        }
    }

    func deleteOneByOne(_ keys: [Key]) throws(KernelError) -> Int {
        var deleted = 0
        for (index, key) in keys.enumerated() {
            do {
                if try delete(key) { deleted += 1 }
            } catch {
                let detail = KernelError.Detail.partial(done: index, total: keys.count)
                throw KernelError(.delete, raw.name, error.errno, detail: detail)
            }
        }
        return deleted
    }

    private func updatePart(
        _ keys: ArraySlice<Key>, _ values: ArraySlice<Value>, _ mode: UpdateMode
    ) -> (written: Int, code: Errno?) {
        var count = UInt32(keys.count)
        var options = bpf_map_batch_opts()
        options.sz = size(bpf_map_batch_opts.self)
        options.elem_flags = mode.rawValue
        let number = raw.descriptor.rawValue
        return unsafe keys.withUnsafeBytes { keyBytes in
            unsafe values.withUnsafeBytes { valueBytes in
                let code = failure {
                    unsafe bpf_map_update_batch(
                        number, keyBytes.baseAddress, valueBytes.baseAddress, &count, &options)
                }
                return (Self.progress(count, of: keys.count, code), code)
            }
        }
    }

    private func deletePart(_ keys: ArraySlice<Key>) -> (removed: Int, code: Errno?) {
        var count = UInt32(keys.count)
        let number = raw.descriptor.rawValue
        return unsafe keys.withUnsafeBytes { bytes in
            let code = failure { unsafe bpf_map_delete_batch(number, bytes.baseAddress, &count, nil) }
            return (Self.progress(count, of: keys.count, code), code)
        }
    }

    /// How far a refused batch got: the kernel leaves the count as it was when it refuses the command as such.
    private static func progress(_ count: UInt32, of total: Int, _ code: Errno?) -> Int {
        guard let code else { return total }
        return code == .badAddress || Int(count) >= total ? 0 : Int(count)
    }
}
