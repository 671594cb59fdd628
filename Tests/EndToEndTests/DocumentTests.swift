// SPDX-License-Identifier: Apache-2.0

import Foundation
import Lab
import LinuxSystem
import Testing

extension EndToEnd {
    /// Files and pipes that `service apply` meets in the field, in an address space that they must not fill.
    @Suite(.sharedLab) struct DocumentTests {
        private let lab: HandmadeLab
        private let directory = FileManager.default.temporaryDirectory.path + "/docs-\(UUID().uuidString.prefix(8))"

        init() throws {
            lab = try .shared()
            try lab.succeed(HandmadeLab.enableWords)
        }

        /// Runs a line of sh(1) on the node; `$T` is the tool, `$L` says where the dataplane is.
        private func shell(_ line: String) throws -> ProcessOutput {
            let settings = "T=\(Tool.path); L='\(lab.location.joined(separator: " "))'; ulimit -v 1500000; "
            return try lab.start(Command("/bin/sh", ["-c", settings + line]), on: .node)
                .collect(limit: 64 << 20, until: Deadline(after: Tool.patience))
        }

        @Test func whatIsExportedGoesThroughAPipe() throws {
            try lab.succeed(HandmadeLab.serviceWords)
            let yaml = try shell("$T service export $L | $T service apply --prune -f - $L")
            #expect(yaml.outcome == Outcome(0, "service default/echo unchanged\n"))
            let json = try shell("$T service list -o json $L | $T service apply --prune -f - $L")
            #expect(json.outcome == Outcome(0, "service default/echo unchanged\n"))
        }

        @Test(arguments: [
            ("truncate -s 1G $F", "'$F': it has more than the limit of 67108864 bytes"),
            ("head -c 60000000 /dev/zero | tr '\\0' x > $F", "'$F:1:1': it must be an object"),
            ("head -c 60000000 /dev/zero | tr '\\0' '[' > $F", "'$F:1:65': nested deeper than 64 levels"),
            ("printf 'a: \\000' > $F", "'$F:1:4': control characters are not allowed"),
            ("cp $T $F", "'$F:1:1': control characters are not allowed"),
            ("mkdir $F", "'$F': no file in it ends in '.json', '.yaml' or '.yml'"),
            ("$T service export $L | head -c 140 > $F", "'$F:6:5': key 'protocol' is missing"),
        ])
        func aHostileFileIsOneErrorAndChangesNothing(making: String, message: String) throws {
            try lab.succeed(HandmadeLab.serviceWords)
            let before = try lab.succeed("service", "export").text
            let result = try shell(
                "F=\(directory); trap 'rm -rf $F' EXIT; \(making); $T service apply --prune -f $F $L")
            #expect(result.status == .exited(2), "\(result.outcome)")
            let first = result.errorText.split(separator: "\n").first.map(String.init)
            #expect(first == "ebpfctl: cannot read " + message.replacingOccurrences(of: "$F", with: directory))
            #expect(result.text == "")
            #expect(try lab.succeed("service", "export").text == before)
        }

        @Test func anEndlessPipeIsCutOff() throws {
            let result = try shell("yes | $T service apply -f - $L")
            #expect(
                result.outcome
                    == Outcome(
                        2, error: "ebpfctl: cannot read '<stdin>': it has more than the limit of 67108864 bytes\n"))
        }
    }
}
