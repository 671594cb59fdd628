// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing

extension EndToEnd {
    /// Commands that change one service at the same moment.
    @Suite(.sharedLab) struct ConcurrentChangeTests {
        private let lab: HandmadeLab

        init() throws {
            lab = try .shared()
            try lab.succeed(HandmadeLab.enableWords)
        }

        /// Two versions of a service that agree in nothing.
        private static let versions = [
            [
                "service", "set", "default/web", "--vip", "10.96.1.1:80/tcp", "--node-port", "30081/tcp", "--backend",
                "10.1.0.2:8080,weight=3", "--backend", "10.1.0.3:8080", "--affinity", "60s", "--source-range",
                "192.0.2.0/24",
            ],
            [
                "service", "set", "default/web", "--vip", "10.96.1.2:81/udp", "--vip", "[fd96::2]:81/udp", "--backend",
                "10.1.0.4:9090", "--backend", "[fd10::4]:9090", "--algorithm", "maglev", "--internal-policy", "local",
            ],
        ]

        @Test func twoAtOnceLeaveOneOfTheTwoResultsAHundredTimes() throws {
            let results = try Self.versions.map { words in
                try lab.succeed(words)
                return try lab.succeed("service", "export").text
            }
            try #require(Set(results).count == 2)
            var met: [String: Int] = [:]
            for _ in 0..<100 {
                let both = try Self.versions.map { try lab.startTool($0) }
                for process in both {
                    let result = try process.collect(limit: 1 << 20, until: Deadline(after: Tool.patience))
                    #expect(result.status == .exited(0), "\(result.errorText)")
                }
                met[try lab.succeed("service", "export").text, default: 0] += 1
            }
            #expect(Set(met.keys).isSubset(of: results), "\(met)")
            // What is recorded is what traffic meets: else the version would be written again.
            let last = try #require(Self.versions.indices.first { met[results[$0]] != nil })
            try lab.succeed(Self.versions[last])
            #expect(try lab.succeed(Self.versions[last]).text == "service default/web unchanged\n")
            try lab.succeed("service", "delete", "default/web")
        }
    }
}
