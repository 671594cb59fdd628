// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Foundation
import Kubernetes
import Testing

/// Inputs that nobody would write: whatever comes, it is read or refused.
@Suite struct ReaderFuzzTests {
    /// SplitMix64, so that a failure can be repeated: `EBPFCTL_SEED`.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var bits = state
            bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
            bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
            return bits ^ bits >> 31
        }
    }

    private static let seed = ProcessInfo.processInfo.environment["EBPFCTL_SEED"].flatMap { UInt64($0) } ?? 6

    private static let json = """
        {"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},
        "spec":{"clusterIPs":["10.96.0.10","fd00::10"],"type":"NodePort","ports":[{"name":"http","port":80,
        "nodePort":30080}],"sessionAffinity":"ClientIP"}},{"apiVersion":"discovery.k8s.io/v1",
        "kind":"EndpointSlice","addressType":"IPv4","metadata":{"name":"web-1","labels":
        {"kubernetes.io/service-name":"web"}},"ports":[{"name":"http","port":8080}],"endpoints":[{"addresses":
        ["10.244.1.2"],"conditions":{"ready":true},"nodeName":"n1","hints":{"forZones":[{"name":"a"}]}}]},
        {"apiVersion":"v1","kind":"Node","metadata":{"name":"n1","annotations":{"a":"\\u00e9\\ud83d\\ude00"}},
        "spec":{"podCIDRs":["10.244.1.0/24"]},"status":{"addresses":[{"type":"InternalIP","address":"192.168.0.1"}]}}]}
        """

    private static let yaml =
        service(spec: "type: NodePort\nexternalIPs: &ips [192.0.2.1]\nother: *ips", ports: "[{port: 80, nodePort: 1}]")
        + "\n---\n" + slice(endpoint("10.244.1.2")) + "\n---\n" + node("n1", podCIDRs: ["10.244.1.0/24"])

    private static let pieces = [
        "{", "}", "[", "]", ":", ",", "\"", "\\", "\n", "---\n", "- ", "&a ", "*a", "<<: ", "null", "-1", "1e9", "0x7f",
        "on", "!!str ", "|\n", "?", "\u{0}", "\u{feff}", "ü", "65536", "10.0.0.0/8", "fe80::1%eth0", "\\ud800", "% ",
        "# ",
    ].map { Array($0.utf8) }

    private func mutated(_ bytes: [UInt8], _ random: inout Generator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? [], at: place)
            case 1: bytes.removeSubrange(place..<min(place + Int.random(in: 1...9, using: &random), bytes.count))
            case 2: bytes.removeSubrange(place...)
            case 3 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &random)
            default:
                let source = Int.random(in: 0...bytes.count, using: &random)
                bytes.insert(contentsOf: bytes[source..<min(source + 20, bytes.count)], at: place)
            }
        }
        return bytes
    }

    @Test(arguments: [json, yaml]) func whateverComesIsReadOrRefused(text: String) throws {
        var random = Generator(state: Self.seed)
        var (read, refused) = (0, 0)
        for _ in 0..<20_000 {
            let bytes = mutated(Array(text.utf8), &random)
            var reader = ObjectReader()
            do {
                try reader.read("fuzz", bytes: bytes)
                read += 1
            } catch .refused(let error) {
                #expect(error.message.hasPrefix("fuzz: document ") && error.message.utf8.count < 1000)
                refused += 1
                continue
            } catch {
                Issue.record("\(error), seed \(Self.seed)")
            }
            let state = try? reader.objects.desiredState(TranslationOptions(node: .hostName("n1")))
            for service in state?.services ?? [] {
                #expect(service.problems(backends: .optional) == [], "seed \(Self.seed)")
            }
        }
        #expect(read > 100 && refused > 1000)
    }
}
