// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import LinuxSystem
import Testing

/// Needs the compiler, but no permission.
struct BTFLayoutTests {
    private static let source = """
        typedef struct { __u8 inner_first; __be16 inner_second; } inner_t;
        struct key {
            __u8 family;
            __u8 padding[3];
            union { __be32 v4; __u8 v6[16]; };
            inner_t inner;
            struct { __u16 low; __u16 high; };
            __u64 last;
        };
        struct {
            __uint(type, BPF_MAP_TYPE_HASH);
            __uint(max_entries, 1);
            __type(key, struct key);
            __type(value, __u32);
        } table SEC(".maps");
        """

    @Test func offsetsAndSizesAreTheCompilers() throws {
        let structures = try BTFLayout.structures(of: BPFCompiler.compile(Self.source), name: "layout")
        let key = try #require(structures["key"])
        #expect(key.size == 40)
        let expected: [BTFLayout.Field] = [
            .init(name: "family", offset: 0, size: 1), .init(name: "padding", offset: 1, size: 3),
            .init(name: "v4", offset: 4, size: 4), .init(name: "v6", offset: 4, size: 16),
            .init(name: "inner", offset: 20, size: 4), .init(name: "low", offset: 24, size: 2),
            .init(name: "high", offset: 26, size: 2), .init(name: "last", offset: 32, size: 8),
        ]
        #expect(key.fields == expected)
    }

    @Test func anImageWithoutTypesSaysSo() throws {
        let image = try BPFCompiler.compile(
            #"SEC("tc") int f(struct __sk_buff *skb) { return 0; }"#, debugInformation: false)
        #expect(throws: KernelError(.readTypeInformation, "bare", .noEntry)) {
            _ = try BTFLayout.structures(of: image, name: "bare")
        }
    }
}
