// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import DataplaneModel
internal import LinuxSystem

extension Facts {
    var mountFindings: [Finding] { [bpffsFinding, cgroupFinding, attachmentFinding] }

    private var bpffsFinding: Finding {
        let found = Wording.bpffs(bpffs)
        switch bpffs.state {
        case .mounted:
            return Finding(id: .bpffs, found: found)
        case .readOnly:
            return Finding(id: .bpffs, found: found, hint: Wording.Hint.remount(bpffs.path), effects: [.core: .no])
        case .directory:
            let isMountable = capabilities.allows(.sysAdmin)
            return Finding(
                id: .bpffs, found: found, weight: .notable, hint: Wording.Hint.mountBPF(bpffs.path, making: false),
                effects: isMountable ? [:] : [.core: .no])
        case .absent:
            return Finding(
                id: .bpffs, found: found, hint: Wording.Hint.mountBPF(bpffs.path, making: true),
                effects: [.core: .no])
        }
    }

    private var cgroupFinding: Finding {
        if cgroup.isCgroup2 { return Finding(id: .cgroup2, found: Wording.cgroup(cgroup)) }
        return Finding(
            id: .cgroup2, found: Wording.cgroup(cgroup), hint: cgroup.path == nil ? Wording.Hint.mountCgroup : nil,
            effects: Self.withoutConnectTime)
    }

    private var attachmentFinding: Finding {
        guard cgroup.isCgroup2, let path = cgroup.path else { return unknown(.cgroupAttachment) }
        return trial(
            .cgroupAttachment, cgroup.attachment, costs: Self.withoutConnectTime,
            hint: Wording.Hint.showCgroup(path))
    }
}

extension Facts {
    var programFindings: [Finding] { EmbeddedImage.allCases.map(programFinding) }

    private func programFinding(_ image: EmbeddedImage) -> Finding {
        switch programs[image] {
        case nil:
            unknown(.program(image))
        case .accepted(let instructions):
            Finding(id: .program(image), found: Wording.accepted(instructions: instructions))
        case .refused(let refusal):
            Finding(
                id: .program(image), found: Wording.refused(refusal), detail: refusal.lines, effects: image.worth)
        }
    }
}

extension EmbeddedImage {
    /// What is lost where the kernel refuses the object.
    fileprivate var worth: [Feature: Verdict] {
        switch (isConnectTime, family) {
        case (true, .v4): Facts.withoutConnectTime
        case (true, .v6): [.connectTime: .degraded, .ipv6: .degraded]
        case (false, .v4): [.core: .no]
        case (false, .v6): [.ipv6: .no]
        }
    }
}
