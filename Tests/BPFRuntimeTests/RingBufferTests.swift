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
            return true
        }
        #expect(count == 3)
        #expect(marks == [1, 2, 3])
        #expect(try buffer.poll(timeout: 0) { _ in true } == 0)
    }

    @Test func aReaderThatHasEnoughLeavesTheOtherRecords() throws {
        let loaded = try BPFObject(name: "events", image: BPFCompiler.compile(Self.source)).load()
        let program = try loaded.program(named: "tell")
        let map = try loaded.map(named: "events")
        var buffer = try RingBuffer(map)
        for mark in 1...3 {
            var context = PacketContext()
            context.mark = UInt32(mark)
            _ = try program.testRun(packet: [UInt8](repeating: 0, count: 60), context: context)
        }
        // Each of a mark and the kernel's own 8 bytes.
        #expect(try map.entryCount() == 3 * 16)
        var marks: [UInt64] = []
        func take(_ count: Int) throws -> Int {
            let end = marks.count + count
            return try buffer.poll(timeout: 0, of: UInt64.self) { mark in
                marks.append(mark)
                return marks.count < end
            }
        }
        #expect(try take(2) == 2)
        #expect(try map.entryCount() == 16)
        #expect(try take(2) == 1)
        #expect(marks == [1, 2, 3])
        #expect(try map.entryCount() == 0)
    }

    @Test func recordsOfAnotherSizeAreNotMistaken() throws {
        let loaded = try BPFObject(name: "events", image: BPFCompiler.compile(Self.source)).load()
        var buffer = try RingBuffer(loaded.map(named: "events"))
        _ = try loaded.program(named: "tell").testRun(packet: [UInt8](repeating: 0, count: 60))
        var words: [UInt32] = []
        _ = try buffer.poll(timeout: 0, of: UInt32.self) { word in
            words.append(word)
            return true
        }
        #expect(words.isEmpty)
    }

    @Test func anotherTypeOfMapIsRefused() throws {
        #expect(throws: KernelError(.openRingBuffer, "map_hash", .invalidArgument)) {
            _ = try RingBuffer(MapTests.create(.hash))
        }
    }
}
