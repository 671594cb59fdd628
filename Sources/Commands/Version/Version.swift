// SPDX-License-Identifier: Apache-2.0

/// The release that this executable is, as recorded in the dataplane it enables.
package enum Version {
    /// Semantic versioning, without a leading `v`.
    package static let current = "0.2.0"
}
