// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// Every Swift target is held to the same rules: `docs/contributing.md` says why each of them is on.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    // libnl's headers live in a directory of their own; its pkg-config file would also ask for the shared library.
    .unsafeFlags(["-Xcc", "-I/usr/include/libnl3"]),
]

/// For what waits for people, the kernel or the disk anyhow: a fifth smaller, and so the one executable that is copied.
let small = settings + [.unsafeFlags(["-Osize"], .when(configuration: .release))]

/// `-l:libname.a` makes the linker take the static archive, so that the executable runs where no such library is.
func archives(_ names: String...) -> [LinkerSetting] {
    names.map { .linkedLibrary(":lib\($0).a") }
}

func target(
    _ name: String, _ dependencies: [Target.Dependency] = [], _ settings: [SwiftSetting] = settings,
    linking: [LinkerSetting] = []
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings, linkerSettings: linking)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let package = Package(
    name: "ebpfctl",
    targets: [
        .executableTarget(name: "ebpfctl", dependencies: ["Commands"], swiftSettings: settings),
        // Not shipped: `docs/performance.md` says what it measures.
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "BPFImages", "BPFRuntime", "CDataplaneABI", "Commands", "Dataplane", "DataplaneModel", "Lab",
                "LinuxSystem", "PacketBuilder", "Rendering",
            ],
            exclude: ["BPF"], swiftSettings: settings, plugins: [.plugin(name: "EmbedBPF")]),
        target(
            "Commands",
            [
                "BPFRuntime", "CommandLineKit", "Dataplane", "DataplaneModel", "Eligibility", "Kubernetes", "Lab",
                "LinuxSystem", "Rendering", "Topology", "YAML",
            ], small),
        target("CommandLineKit", [], small),
        target("Kubernetes", ["DataplaneModel", "YAML"], small),
        target("Rendering", ["YAML"]),
        target("YAML", ["CLibYAML"], linking: archives("yaml")),
        target(
            "Dataplane", ["BPFImages", "BPFRuntime", "CDataplaneABI", "DataplaneModel", "LinuxSystem", "Topology"]),
        target(
            "Eligibility", ["BPFImages", "BPFRuntime", "DataplaneModel", "LinuxSystem", "Topology"], small),
        target("Lab", ["DataplaneModel", "LinuxSystem"], small),
        target("Topology", ["DataplaneModel", "LinuxSystem"], small),
        target("DataplaneModel"),
        // BPFImages and LinuxSystem need libz, too: an archive is named once, behind all that need it.
        target("BPFRuntime", ["CLibBPF", "CLinuxShim", "LinuxSystem"], linking: archives("bpf", "elf", "z")),
        target(
            "LinuxSystem", ["CLibNL", "CLinuxShim", "DataplaneModel"], linking: archives("nl-route-3", "nl-3")),
        .target(
            name: "BPFImages", dependencies: ["CLibZ"], exclude: ["BPF"], swiftSettings: settings,
            plugins: [.plugin(name: "EmbedBPF")]),
        .plugin(
            name: "EmbedBPF", capability: .buildTool(), dependencies: ["bpf-embed"],
            path: "Sources/Plugins/EmbedBPF"),
        .executableTarget(
            name: "bpf-embed", dependencies: ["CLibZ"], path: "Sources/Plugins/bpf-embed",
            linkerSettings: archives("z")),
        .target(name: "CDataplaneABI"),
        .target(name: "CLinuxShim"),
        .systemLibrary(name: "CLibBPF"),
        .systemLibrary(name: "CLibNL"),
        .systemLibrary(name: "CLibYAML"),
        .systemLibrary(name: "CLibZ"),
        .target(
            name: "TestSupport", dependencies: ["DataplaneModel", "LinuxSystem"], path: "Tests/TestSupport",
            swiftSettings: settings),
        .target(
            name: "PacketBuilder", dependencies: ["DataplaneModel"], path: "Tests/PacketBuilder",
            swiftSettings: settings),
        // Millions of packets are made and judged: without optimisation that takes ten times as long as running them.
        .target(
            name: "PacketFuzz", dependencies: ["BPFImages", "BPFRuntime"], path: "Tests/PacketFuzz", exclude: ["BPF"],
            swiftSettings: settings + [.unsafeFlags(["-O"])],
            plugins: [.plugin(name: "EmbedBPF")]),
        // A million cases are made and judged: see PacketFuzz.
        .testTarget(
            name: "FuzzTests",
            dependencies: [
                "BPFRuntime", "CommandLineKit", "Commands", "DataplaneModel", "ebpfctl", "LinuxSystem", "Rendering",
                "TestSupport", "YAML",
            ],
            swiftSettings: settings + [.unsafeFlags(["-O"])]),
        tests("HouseRulesTests", []),
        tests("CommandLineKitTests", ["CommandLineKit"]),
        tests("YAMLTests", ["YAML"]),
        tests("KubernetesTests", ["DataplaneModel", "Kubernetes", "YAML"]),
        tests("RenderingTests", ["Rendering", "TestSupport", "YAML"]),
        tests("DataplaneModelTests", ["DataplaneModel"]),
        tests("TopologyTests", ["DataplaneModel", "LinuxSystem", "Topology"]),
        tests("BPFRuntimeTests", ["BPFRuntime", "LinuxSystem"]),
        tests("LinuxSystemTests", ["DataplaneModel", "LinuxSystem"]),
        tests("LabTests", ["DataplaneModel", "Lab", "LinuxSystem"]),
        tests(
            "EligibilityTests", ["BPFImages", "BPFRuntime", "CDataplaneABI", "Eligibility", "LinuxSystem", "Topology"]),
        tests(
            "CommandsTests",
            [
                "BPFRuntime", "CommandLineKit", "Commands", "Dataplane", "DataplaneModel", "Eligibility", "Kubernetes",
                "LinuxSystem", "Rendering", "TestSupport", "Topology", "YAML",
            ]),
        tests("EndToEndTests", ["CommandLineKit", "Commands", "ebpfctl", "Lab", "LinuxSystem", "TestSupport", "YAML"]),
        tests(
            "ProgramRunTests",
            [
                "BPFImages", "BPFRuntime", "CDataplaneABI", "Dataplane", "DataplaneModel", "LinuxSystem",
                "PacketBuilder", "PacketFuzz", "TestSupport",
            ]),
        tests(
            "DataplaneTests",
            [
                "BPFImages", "BPFRuntime", "CDataplaneABI", "Dataplane", "DataplaneModel", "LinuxSystem", "TestSupport",
                "Topology",
            ]),
    ]
)
