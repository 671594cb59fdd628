// SPDX-License-Identifier: Apache-2.0

internal import LinuxSystem
package import Topology

/// Finds out the facts about this node, by trying wherever something can be tried without a trace.
///
/// Everything about the network is about this process's network namespace.
package struct FactsGatherer: Sendable {
    package struct Options: Sendable {
        package var bpffs: String

        /// nil for the cgroup2 mount that the mount table shows.
        package var cgroup: String?

        package var interfaces = InterfaceSelection.Options()

        /// UDP port that the overlay is to have; 0 for none.
        package var overlayPort: UInt16

        /// What the programs are loaded with on a kernel of these abilities.
        ///
        /// The verifier leaves out what constants switch off, so programs count as accepted only as `enable` loads them.
        /// nil for a caller that loads them itself right away: the verifier takes its time.
        package var constants: (@Sendable (KernelAbilities) -> ProgramConstants)?

        package init(
            bpffs: String = "/sys/fs/bpf", cgroup: String? = nil,
            interfaces: InterfaceSelection.Options = InterfaceSelection.Options(), overlayPort: UInt16 = 14789,
            constants: (@Sendable (KernelAbilities) -> ProgramConstants)?
        ) {
            self.bpffs = bpffs
            self.cgroup = cgroup
            self.interfaces = interfaces
            self.overlayPort = overlayPort
            self.constants = constants
        }
    }

    package let options: Options

    package init(options: Options) {
        self.options = options
    }

    /// - Throws: ``EligibilityError`` `notPermitted` before anything is tried; what fails later is a fact.
    package func gather() throws(EligibilityError) -> Facts {
        let (kernel, capabilities) = try Self.identity()
        try Self.require(capabilities)
        let mounts = (try? MountTable.current()) ?? MountTable(mounts: [])
        var facts = Facts(
            kernel: kernel, capabilities: capabilities, bpffs: BPFFilesystem(trying: options.bpffs, mounts))
        facts.lockdown = .current()
        facts.bpf = .byTrial()
        facts.cgroup = CgroupFacts(trying: options.cgroup, mounts)
        if let constants = options.constants { facts.programs = ProgramTrial.all(with: constants(facts.bpf.abilities)) }
        let snapshot = try? NodeSnapshot(reading: NetlinkSocket())
        facts.network = NetworkFacts(snapshot, options.interfaces)
        facts.network.vxlan = NetworkFacts.tryVXLAN()
        facts.network.overlayPort = snapshot.map { NetworkFacts.OverlayPort(options.overlayPort, among: $0.links) }
        let processes = try? RunningProcess.all()
        let filter = PacketFilter.current()
        facts.forwardPolicy = filter.forwardPolicy
        facts.kubeProxy = KubeProxyFacts(processes, snapshot, filter)
        let traces = ForeignTraces(processes, snapshot, bpffs: mounts.bpf)
        facts.calico = traces.calico
        facts.cilium = traces.cilium
        return facts
    }

    /// Without `CAP_PERFMON` the verifier refuses to compare a pointer with zero, which every packet program does.
    static func require(_ granted: CapabilitySet) throws(EligibilityError) {
        let missing = granted.missing([.netAdmin, .bpf, .perfmon])
        guard missing.isEmpty else { throw .notPermitted(missing: missing) }
    }

    private static func identity() throws(EligibilityError) -> (KernelRelease, CapabilitySet) {
        do throws(SystemError) {
            return (try .current(), try .effective())
        } catch {
            throw .system(error)
        }
    }
}
