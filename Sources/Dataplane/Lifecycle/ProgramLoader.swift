// SPDX-License-Identifier: Apache-2.0

internal import BPFImages
internal import BPFRuntime
internal import CDataplaneABI
internal import DataplaneModel
internal import LinuxSystem

/// Loads the embedded objects so that all of them share one set of maps, and pins what comes of it.
struct ProgramLoader: Sendable {
    /// Where maps are taken from if they are there, and pinned if they are not.
    let maps: PinDirectory
    /// Where programs are pinned.
    let programs: PinDirectory
    let options: EnableOptions

    /// The objects that `wanted` needs, each once.
    static func images(of wanted: [DataplaneProgram]) -> [(image: BPFImage, programs: [DataplaneProgram])] {
        var images: [(image: BPFImage, programs: [DataplaneProgram])] = []
        for program in wanted {
            let image = program.image
            if let index = images.firstIndex(where: { $0.image.name == image.name }) {
                images[index].programs.append(program)
            } else {
                images.append((image, [program]))
            }
        }
        return images
    }

    /// Passes one object through the verifier and pins its new maps and the wanted ones of its programs.
    func load(_ image: BPFImage, pinning wanted: [DataplaneProgram]) throws(DataplaneError) {
        try kernel { () throws(KernelError) in
            let object = try BPFObject(name: image.name, image: image.bytes)
            try object.setConstants(section: CONFIG_SECTION, to: configuration())
            for map in object.maps {
                guard let name = MapName.all.first(where: { $0.description == map.name }) else { continue }
                if Filesystem.exists(maps.map(name)) {
                    try object.reuse(RawMap(pinned: maps.map(name)), as: map.name)
                } else if let size = options.size(of: name) {
                    try object.setMaxEntries(of: map.name, to: size)
                }
            }
            for other in object.programNames where !wanted.contains(where: { $0.name == other }) {
                try object.disable(program: other)
            }
            let loaded = try object.load()
            for map in loaded.mapNames where !Filesystem.exists("\(maps.maps)/\(map)") {
                try loaded.map(named: map).pin(at: "\(maps.maps)/\(map)")
            }
            for program in wanted {
                try loaded.program(named: program.name).pin(at: programs.program(program))
            }
        }
    }

    /// The constants of every program, with what this kernel can do found by trying.
    private func configuration() -> dataplane_config {
        var configuration = dataplane_config()
        func set(_ flag: config_flag, if condition: Bool) {
            if condition { configuration.flags |= flag.rawValue }
        }
        set(CONFIG_DIRECT, if: options.forwarding == .direct)
        set(CONFIG_CONNECT_TCP, if: options.connectTime != .off)
        set(CONFIG_CONNECT_UDP, if: options.connectTime == .all)
        set(CONFIG_COARSE_CLOCK, if: KernelFeatures.current.coarseClock)
        set(CONFIG_SET_RETVAL, if: KernelFeatures.current.setReturnValue)
        set(CONFIG_CSUM_IPV6, if: KernelFeatures.current.checksumIPv6)
        configuration.syn_timeout = options.timeouts.tcpSynSent.nanoseconds
        configuration.established_timeout = options.timeouts.tcpEstablished.nanoseconds
        configuration.fin_timeout = options.timeouts.tcpFinsSeen.nanoseconds
        configuration.reset_timeout = options.timeouts.tcpResetSeen.nanoseconds
        configuration.udp_timeout = options.timeouts.udp.nanoseconds
        return configuration
    }
}

extension Duration {
    fileprivate var nanoseconds: UInt64 {
        UInt64(clamping: components.seconds) * 1_000_000_000 + UInt64(clamping: components.attoseconds / 1_000_000_000)
    }
}

/// What the programs may use of the kernel beyond the baseline, found once by trying.
struct KernelFeatures: Sendable {
    /// `bpf_ktime_get_coarse_ns`, Linux 5.11.
    let coarseClock = Probe.helper(160, in: .schedClassifier).isSupported
    /// `bpf_set_retval` for sockets, Linux 5.18.
    let setReturnValue = Probe.helper(187, in: .cgroupSockAddr).isSupported
    /// `BPF_F_IPV6` of `bpf_l4_csum_replace`, Linux 6.16.
    let checksumIPv6 = Probe.acceptsIPv6ChecksumFlag()
    let tcx = Probe.tcx().isSupported

    static let current = KernelFeatures()
}
