// SPDX-License-Identifier: Apache-2.0

package import LinuxSystem

/// A refusal by the kernel or by libbpf: what was tried, on what, the error number, and what else is known.
///
/// Carries data only; the sentences are made where errors are rendered.
package struct KernelError: Error, Hashable, Sendable {
    /// What was tried.
    package let operation: Operation

    /// What it was tried on: a program, map, object or interface by name, or a path.
    package let subject: String

    /// What it was to be attached to or detached from: an interface by name, or a cgroup's path.
    package let target: String?

    /// The kernel's answer; libbpf's private numbers (4000 and up) are already turned into the nearest system one.
    package let errno: Errno

    /// What the number alone does not say.
    package let detail: Detail?

    package init(
        _ operation: Operation, _ subject: String, to target: String? = nil, _ errno: Errno, detail: Detail? = nil
    ) {
        self.operation = operation
        self.subject = subject
        self.target = target
        self.errno = errno
        self.detail = detail
    }

    /// The verifier's explanation, if it was the verifier that refused.
    package var log: VerifierLog? {
        if case .verifier(let log) = detail { log } else { nil }
    }
}

extension KernelError {
    package enum Operation: String, Hashable, Sendable, CaseIterable {
        case openObject, configureObject, loadObject, loadProgram
        case openProgram, openMap, openLink, openPin, openCgroup
        case readInformation, listPrograms, listMaps, listLinks
        case pin, duplicate
        case createMap, lookUp, update, delete, iterate
        case attach, replaceProgram, detach, queryHook
        case createQueueingDiscipline, removeQueueingDiscipline, listFilters
        case testRun, enableStatistics, openRingBuffer, pollRingBuffer
        case readTypeInformation, countProcessors
    }

    package enum Detail: Hashable, Sendable {
        /// The verifier refused the program that is the subject.
        case verifier(VerifierLog)

        /// libbpf's own warnings, a line each, in the order in which they came.
        case messages([String])

        /// Key or value, or a constants section, has another size than the caller's type; sizes in bytes.
        case layout(part: LayoutPart, expected: Int, found: Int)

        /// The map is of another type than the object defines.
        case mapType(expected: MapType, found: MapType)

        /// The descriptor or pin is of another kind; `found` is nil when it is nothing of BPF.
        case kind(expected: ObjectKind, found: ObjectKind?)

        /// A bulk change stopped after `done` of `total` entries, which stay changed.
        case partial(done: Int, total: Int)
    }

    package enum LayoutPart: String, Hashable, Sendable {
        case key, value, section
    }
}
