// SPDX-License-Identifier: Apache-2.0

package import LinuxSystem

/// Whether this kernel can do something, found by trying.
package enum Support: Hashable, Sendable {
    case supported

    /// The kernel does not know it.
    case unsupported

    /// It could not be tried: no permission, no memory, or something in the way.
    case refused(Errno)

    package var isSupported: Bool { self == .supported }
}
