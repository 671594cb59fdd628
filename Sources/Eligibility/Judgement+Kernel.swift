// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import LinuxSystem

extension Facts {
    var kernelFindings: [Finding] {
        [version, architecture, lockdownFinding, capabilitiesFinding]
    }

    /// Distributions backport, so an old number only makes one look closer: the trials decide.
    private var version: Finding {
        let isBaseline = kernel.number.map { $0 >= (5, 10) } ?? false
        return Finding(id: .kernelVersion, found: kernel.release, weight: isBaseline ? .fine : .notable)
    }

    private var architecture: Finding {
        let isTested = ["x86_64", "aarch64"].contains(kernel.machine)
        return Finding(id: .architecture, found: kernel.machine, weight: isTested ? .fine : .notable)
    }

    /// Even `confidentiality` only forbids to read the kernel's memory, which no program here does.
    private var lockdownFinding: Finding {
        Finding(id: .lockdown, found: lockdown?.rawValue ?? Wording.notReported)
    }

    private var capabilitiesFinding: Finding {
        let missing = capabilities.missing([.netAdmin, .bpf, .perfmon, .sysAdmin])
        let isLost = missing.contains { $0 != .sysAdmin }
        return Finding(
            id: .capabilities, found: Wording.capabilities(missing: missing),
            weight: missing.isEmpty ? .fine : .notable,
            hint: isLost ? Wording.Hint.asRoot : nil, effects: isLost ? [.core: .no] : [:])
    }
}

extension Facts {
    var bpfFindings: [Finding] {
        [systemCall, typeInformation, justInTime]
            + RequiredMap.allCases.map { trial(.map($0), bpf.maps[$0], costs: [.core: .no]) }
            + RequiredProgramType.allCases.map { trial(.programType($0), bpf.programTypes[$0], costs: $0.worth) }
            + Helper.allCases.map { trial(.helper($0), bpf.helpers[$0], costs: $0.worth) }
            + [
                trial(.tcx, bpf.tcx, costs: [.tcx: .no]), batch,
            ]
    }

    private var systemCall: Finding {
        trial(.systemCall, bpf.systemCall, costs: [.core: .no])
    }

    /// The programs need no BTF of the kernel's: they use no CO-RE relocations.
    private var typeInformation: Finding {
        trial(.typeInformation, bpf.typeInformation, costs: [:])
    }

    private var justInTime: Finding {
        guard let isCompiled = bpf.isCompiled else { return unknown(.justInTime) }
        return Finding(
            id: .justInTime, found: isCompiled ? Wording.compiled : Wording.interpreted,
            hint: isCompiled ? nil : Wording.Hint.justInTime, effects: isCompiled ? [:] : [.core: .degraded])
    }

    /// Without batches entries are read one by one: only the listing of the two large tables suffers.
    private var batch: Finding {
        let types = RequiredMap.tables
        guard types.contains(where: { bpf.batch[$0] != nil }) else { return unknown(.batch) }
        let able = types.filter { bpf.batch[$0] == .supported }
        let isFine = able.contains(.hash) && able.contains(.lruHash)
        return Finding(
            id: .batch, found: Wording.batch(able: able, of: types), weight: isFine ? .fine : .notable)
    }

    /// - Parameter costs: what is lost where the kernel cannot do it.
    func trial(_ id: CheckID, _ support: Support?, costs: [Feature: Verdict], hint: String? = nil) -> Finding {
        guard let support else { return unknown(id) }
        let found = Wording.support(support)
        if support.isSupported { return Finding(id: id, found: found) }
        return Finding(id: id, found: found, weight: .notable, hint: hint, effects: costs)
    }

    func unknown(_ id: CheckID, _ found: String = Wording.notTried) -> Finding {
        Finding(id: id, found: found, weight: .unknown)
    }
}

extension RequiredProgramType {
    fileprivate var worth: [Feature: Verdict] {
        switch self {
        case .schedClassifier: [.core: .no]
        case .cgroupSocketAddress: Facts.withoutConnectTime
        }
    }
}

extension Helper {
    /// What is lost on a kernel without it. The packet programs name both redirects, so without them none loads.
    fileprivate var worth: [Feature: Verdict] {
        switch self {
        case .storeBytes, .loadBytes, .changeType, .changeTail, .changeHead, .setTunnelKey, .getTunnelKey, .redirect,
            .checksumDifference, .replaceChecksum, .updateChecksum, .pullData, .fibLookup,
            .ringBufferOutput:
            [.core: .no]
        case .redirectNeighbor, .redirectPeer: [.core: .no, .directForwarding: .no]
        case .socketCookie, .namespaceCookie: Facts.withoutConnectTime
        case .coarseClock, .setReturnValue: [:]
        }
    }
}

extension Facts {
    /// Pods that start later and host processes calling a backend on their own node are served at connect time only.
    static let withoutConnectTime: [Feature: Verdict] = [.connectTime: .no, .core: .degraded]
}
