// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import LinuxSystem
internal import Topology

/// What Calico and Cilium run or left on the node.
struct ForeignTraces {
    var calico = ForeignDataplane()
    var cilium = ForeignDataplane()

    /// - Parameter bpffs: every bpf filesystem that is mounted.
    init(_ processes: [RunningProcess]?, _ snapshot: NodeSnapshot?, bpffs: [String]) {
        let links = snapshot?.links.map(\.name) ?? []
        let names = Self.programNames()
        calico.programs = names?.filter { $0.hasPrefix("cali") }
        cilium.programs = names?.filter { $0.hasPrefix("cil_") }
        calico.pins = Self.pins(bpffs, directory: "calico", prefix: "cali_")
        cilium.pins = Self.pins(bpffs, directory: "cilium", prefix: "cilium_")
        calico.links = links.filter { $0.hasPrefix("cali") || $0 == "bpfin.cali" || $0 == "bpfout.cali" }
        cilium.links = links.filter { $0.hasPrefix("cilium_") || $0 == "lxc_health" }
        calico.processes = Self.running(["calico-node", "calico-felix"], processes)
        cilium.processes = Self.running(["cilium-agent"], processes)
    }

    private static func running(_ names: Set<String>, _ processes: [RunningProcess]?) -> [String] {
        (processes ?? []).filter { names.contains($0.name) }.map(\.label)
    }

    /// nil when others' programs may not be seen; a program that goes away meanwhile is left out.
    private static func programNames() -> [String]? {
        guard let ids = try? Program.allIDs() else { return nil }
        let names = ids.compactMap { id in try? Program(id: id).info().name }
        return Set(names).sorted()
    }

    /// Both products pin maps in tc's directory as well as in one of their own.
    private static func pins(_ filesystems: [String], directory: String, prefix: String) -> [String] {
        filesystems.flatMap { root in
            let own = "\(root)/\(directory)"
            let shared = "\(root)/tc/globals"
            let names = (try? Filesystem.list(shared)) ?? []
            return (Filesystem.exists(own) ? [own] : [])
                + names.filter { $0.hasPrefix(prefix) }.map { "\(shared)/\($0)" }
        }
    }
}
