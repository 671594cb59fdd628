// SPDX-License-Identifier: Apache-2.0

internal import LinuxSystem

extension Map<UInt32, UInt32> {
    /// Makes `program` the one that a tail call to `index` of this program array enters; the map keeps it loaded.
    ///
    /// - Throws: ``KernelError`` with `EINVAL` when its type is not that of the programs already in the array.
    package func set(_ index: UInt32, to program: borrowing Program) throws(KernelError) {
        try update(index, UInt32(program.descriptor.rawValue))
    }
}
