// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import LinuxSystem
import Testing

@Suite(.needsKernel)
struct BPFObjectTests {
    static let source = """
        struct config { __u32 verdict; __u32 mark; };
        volatile const struct config config SEC(".rodata.config");
        struct {
            __uint(type, BPF_MAP_TYPE_HASH);
            __uint(max_entries, 16);
            __type(key, __u32);
            __type(value, __u64);
        } a_map_with_a_long_name SEC(".maps");
        SEC("tc") int count_and_mark(struct __sk_buff *skb) {
            __u32 key = skb->ingress_ifindex;
            __u64 one = 1, *seen = bpf_map_lookup_elem(&a_map_with_a_long_name, &key);
            if (seen)
                __sync_fetch_and_add(seen, 1);
            else
                bpf_map_update_elem(&a_map_with_a_long_name, &key, &one, BPF_ANY);
            skb->mark = config.mark;
            return config.verdict;
        }
        SEC("cgroup/connect4") int refuse(struct bpf_sock_addr *ctx) { return 0; }
        """

    struct Config: BitwiseCopyable {
        var verdict: UInt32
        var mark: UInt32
    }

    static func open() throws -> BPFObject {
        return try BPFObject(name: "sample", image: BPFCompiler.compile(source))
    }

    static let packet = [UInt8](repeating: 0, count: 64)

    @Test func anImageThatIsNotELFIsRefused() {
        let error = #expect(throws: KernelError.self) {
            _ = try BPFObject(name: "garbage", image: Array("no object".utf8))
        }
        #expect(error?.operation == .openObject)
        #expect(error?.subject == "garbage")
        #expect(error?.errno.rawValue == 8)
        #expect(error?.detail == .messages(["elf: 'garbage' is not a proper ELF object"]))
    }

    @Test func anObjectTellsItsProgramsAndMapsBeforeLoading() throws {
        let object = try Self.open()
        #expect(object.programNames == ["count_and_mark", "refuse"])
        let map = MapDefinition(name: "a_map_with_a_long_name", type: .hash, keySize: 4, valueSize: 8, maxEntries: 16)
        #expect(object.maps == [map])
    }

    @Test func constantsReachTheProgramAndItsMapsAndContextComeBack() throws {
        let object = try Self.open()
        try object.setConstants(section: ".rodata.config", to: Config(verdict: 7, mark: 0xabcd))
        let loaded = try object.load()
        var context = PacketContext()
        context.ingressInterface = 1
        context.interface = 1
        let program = try loaded.program(named: "count_and_mark")
        let result = try program.testRun(packet: Self.packet, context: context, repeating: 3)
        #expect(result.verdict == 7)
        #expect(result.packet == Self.packet)
        #expect(result.context.mark == 0xabcd)
        let map = try Map<UInt32, UInt64>(loaded.map(named: "a_map_with_a_long_name"))
        #expect(try map.lookUp(1) == 3)
    }

    @Test func programsAndMapsOutliveTheObject() throws {
        func take() throws -> Program {
            let loaded = try Self.open().load()
            return try loaded.program(named: "count_and_mark")
        }
        let program = try take()
        #expect(try program.testRun(packet: Self.packet).verdict == 0)
    }

    @Test func constantsOfAnotherSizeAreRefusedWithBothSizes() throws {
        let object = try Self.open()
        let error = #expect(throws: KernelError.self) {
            try object.setConstants(section: ".rodata.config", to: UInt32(1))
        }
        let detail = KernelError.Detail.layout(part: .section, expected: 4, found: 8)
        #expect(error == KernelError(.configureObject, ".rodata.config", .invalidArgument, detail: detail))
    }

    @Test func unknownNamesAreRefusedByName() throws {
        let object = try Self.open()
        #expect(throws: KernelError(.configureObject, ".rodata.none", .noEntry)) {
            try object.setConstants(section: ".rodata.none", to: UInt32(1))
        }
        #expect(throws: KernelError(.configureObject, "none", .noEntry)) { try object.setMaxEntries(of: "none", to: 1) }
        #expect(throws: KernelError(.configureObject, "none", .noEntry)) { try object.disable(program: "none") }
        let loaded = try object.load()
        #expect(throws: KernelError(.openProgram, "none", .noEntry)) { _ = try loaded.program(named: "none") }
        #expect(throws: KernelError(.openMap, "none", .noEntry)) { _ = try loaded.map(named: "none") }
    }

    @Test func aProgramLeftOutIsNotThere() throws {
        let object = try Self.open()
        try object.keepOnly(program: "refuse")
        let loaded = try object.load()
        #expect(loaded.programNames == ["refuse"])
        #expect(throws: KernelError(.openProgram, "count_and_mark", .noEntry)) {
            _ = try loaded.program(named: "count_and_mark")
        }
    }

    @Test func aMapKeepsItsFullNameAndItsNewSize() throws {
        let object = try Self.open()
        try object.setMaxEntries(of: "a_map_with_a_long_name", to: 77)
        let loaded = try object.load()
        let map = try loaded.map(named: "a_map_with_a_long_name")
        #expect(map.name == "a_map_with_a_long_name")
        #expect(map.info.name == "a_map_with_a_lo")
        #expect(map.info.maxEntries == 77)
        #expect(loaded.mapNames == ["a_map_with_a_long_name"])
    }

    @Test func aMapThatCannotBeMadeIsToldByLibbpfsMessages() throws {
        let object = try Self.open()
        try object.setMaxEntries(of: "a_map_with_a_long_name", to: 0)
        do {
            _ = try object.load()
            Issue.record("a map without room was created")
        } catch let error {
            #expect(error.operation == .loadObject)
            #expect(error.subject == "sample")
            #expect(error.errno == .invalidArgument)
            let messages = [
                "Error in bpf_create_map_xattr(a_map_with_a_long_name):Invalid argument(-22). Retrying without BTF.",
                "map 'a_map_with_a_long_name': failed to create: Invalid argument(-22)",
                "failed to load object 'sample'",
            ]
            #expect(error.detail == .messages(messages))
        }
    }

    @Test func aReusedMapIsShared() throws {
        let existing = try RawMap(
            creating: MapDefinition(name: "kept", type: .hash, keySize: 4, valueSize: 8, maxEntries: 99))
        let object = try Self.open()
        try object.reuse(existing, as: "a_map_with_a_long_name")
        let loaded = try object.load()
        let map = try loaded.map(named: "a_map_with_a_long_name")
        #expect(map.info.id == existing.info.id)
        #expect(map.info.maxEntries == 99)
    }

    @Test func aReusedMapOfAnotherLayoutOrTypeIsRefused() throws {
        let object = try Self.open()
        let wide = try RawMap(
            creating: MapDefinition(name: "wide", type: .hash, keySize: 4, valueSize: 16, maxEntries: 9))
        let layout = KernelError.Detail.layout(part: .value, expected: 8, found: 16)
        #expect(throws: KernelError(.configureObject, "wide", .invalidArgument, detail: layout)) {
            try object.reuse(wide, as: "a_map_with_a_long_name")
        }
        let list = try RawMap(
            creating: MapDefinition(name: "list", type: .array, keySize: 4, valueSize: 8, maxEntries: 9))
        let type = KernelError.Detail.mapType(expected: .hash, found: .array)
        #expect(throws: KernelError(.configureObject, "a_map_with_a_long_name", .invalidArgument, detail: type)) {
            try object.reuse(list, as: "a_map_with_a_long_name")
        }
    }

    @Test func aRefusedProgramIsNamedAndTheReasonIsItsLogsEnd() throws {
        let source = """
            SEC("tc") int fine(struct __sk_buff *skb) { return 0; }
            SEC("tc") int careless(struct __sk_buff *skb) {
                return *(volatile char *)(long)skb->data;
            }
            """
        let object = try BPFObject(name: "refused", image: BPFCompiler.compile(source))
        do {
            _ = try object.load()
            Issue.record("a load without bounds check was accepted")
        } catch let error {
            #expect(error.operation == .loadProgram)
            #expect(error.subject == "careless")
            #expect(error.errno == .accessDenied)
            let log = try #require(error.log)
            #expect(
                log.lines.suffix(2) == [
                    "invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0)", "R1 offset is outside of the packet",
                ])
            #expect(log.lines.count + log.omitted < log.full.split(separator: "\n").count)
        }
    }
}
