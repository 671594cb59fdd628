// SPDX-License-Identifier: Apache-2.0

/// The capabilities that this product can need, by their bit in `linux/capability.h`.
package enum Capability: Int, Hashable, Sendable, CaseIterable {
    case netAdmin = 12
    case netRaw = 13
    case ipcLock = 14
    case sysAdmin = 21
    case sysResource = 24

    /// BPF tracing and reading kernel memory (Linux 5.8; `CAP_SYS_ADMIN` includes it).
    case perfmon = 38

    /// Loading programs and making maps (Linux 5.8; `CAP_SYS_ADMIN` includes it).
    case bpf = 39

    /// As capabilities(7) spells it.
    package var name: String {
        switch self {
        case .netAdmin: "CAP_NET_ADMIN"
        case .netRaw: "CAP_NET_RAW"
        case .ipcLock: "CAP_IPC_LOCK"
        case .sysAdmin: "CAP_SYS_ADMIN"
        case .sysResource: "CAP_SYS_RESOURCE"
        case .perfmon: "CAP_PERFMON"
        case .bpf: "CAP_BPF"
        }
    }
}

/// The effective capabilities of a thread.
package struct CapabilitySet: Hashable, Sendable {
    /// Bit n stands for capability number n.
    package let bits: UInt64

    package init(bits: UInt64) {
        self.bits = bits
    }

    /// Those of the calling thread.
    package static func effective() throws(SystemError) -> CapabilitySet {
        let path = "/proc/thread-self/status"
        let text: String
        do throws(SystemError) {
            text = try Filesystem.readText(path)
        } catch {
            throw SystemError(.readCapabilities, path, error.errno)
        }
        guard let set = CapabilitySet(status: text) else {
            throw SystemError(.readCapabilities, path, .invalidArgument)
        }
        return set
    }

    /// Takes the `CapEff:` line out of a `status` file of proc(5); nil when there is none.
    package init?(status text: String) {
        let label = "CapEff:"
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(label) }),
            let word = line.dropFirst(label.count).split(whereSeparator: \.isWhitespace).first,
            let bits = UInt64(word, radix: 16)
        else { return nil }
        self.bits = bits
    }

    /// Whether the kernel grants what `capability` stands for: `CAP_SYS_ADMIN` implies the two that were split off it.
    package func allows(_ capability: Capability) -> Bool {
        if bits & 1 << UInt64(capability.rawValue) != 0 { return true }
        switch capability {
        case .bpf, .perfmon: return bits & 1 << UInt64(Capability.sysAdmin.rawValue) != 0
        default: return false
        }
    }

    /// Those of `needed` that are not granted, in the order asked.
    package func missing(_ needed: [Capability]) -> [Capability] {
        needed.filter { !allows($0) }
    }
}
