// SPDX-License-Identifier: Apache-2.0

/// A map as its object defines it, or as it is to be created: before it exists.
package struct MapDefinition: Hashable, Sendable {
    package let name: String
    package let type: MapType

    /// Bytes.
    package let keySize: Int

    /// Bytes; of one processor's value where the type is per processor.
    package let valueSize: Int

    package let maxEntries: UInt32

    package init(name: String, type: MapType, keySize: Int, valueSize: Int, maxEntries: UInt32) {
        self.name = name
        self.type = type
        self.keySize = keySize
        self.valueSize = valueSize
        self.maxEntries = maxEntries
    }
}
