// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import LinuxSystem
import Testing

@Suite(.needsKernel)
struct RingBufferTests {
    private static let source = """
        struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } events SEC(".maps");
        SEC("tc") int tell(struct __sk_buff *skb) {
            __u64 mark = skb->mark;
            bpf_ringbuf_output(&events, &mark, sizeof(mark), 0);
            return 0;
        }
        """

    @Test func recordsComeInOrderAndOnce() throws {
        let loaded = try BPFObject(name: "events", image: BPFCompiler.compile(Self.source)).load()
        let program = try loaded.program(named: "tell")
        var buffer = try RingBuffer(loaded.map(named: "events"))
        for mark in 1...3 {
            var context = PacketContext()
            context.mark = UInt32(mark)
            _ = try program.testRun(packet: [UInt8](repeating: 0, count: 60), context: context)
        }
        var marks: [UInt64] = []
        let count = try buffer.poll(timeout: 1000) { bytes in
            marks.append(unsafe bytes.unsafeLoad(as: UInt64.self))
        }
        #expect(count == 3)
        #expect(marks == [1, 2, 3])
        #expect(try buffer.poll(timeout: 0) { _ in marks.append(0) } == 0)
        #expect(marks.count == 3)
    }

    @Test func anotherTypeOfMapIsRefused() throws {
        #expect(throws: KernelError(.openRingBuffer, "map_hash", .invalidArgument)) {
            _ = try RingBuffer(MapTests.create(.hash))
        }
    }
}
