// SPDX-License-Identifier: Apache-2.0

/// The run of slots that a service owns in one family, ready to be written in order.
///
/// `random` lays out local backends first, each repeated by its weight, so that the local ones are a leading part of
/// the run. `maglev` cannot put them first, because every node must compute the same table: the run is the table of all
/// backends followed by a second table of the local ones.
package struct SlotPlan: Hashable, Sendable {
    /// The most slots of a service and family under `random`; `maglev` limits the distinct backends to as many.
    package static let maximumSlots = 4096

    /// The backends that have slots, sorted; draining ones do not.
    package let backends: [Backend]
    /// For each slot of the run an index into `backends`.
    package let slots: [Int]
    /// The slots to pick from when any backend will do; begins at 0.
    package let clusterRange: Range<Int>
    /// The slots to pick from when only local backends will do; empty without one.
    package let localRange: Range<Int>
}
