// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Commands

/// What a second `enable` says about the options of the first.
@Suite struct OptionChangeTests {
    @Test(
        arguments: [
            (["--return=dsr"], [], ["--return was dsr, now default (tunnel)"]),
            ([], ["--node-port-range=1-9"], ["--node-port-range was default (30000-32767), now 1-9"]),
            (["--uplink=a", "--uplink=b"], ["--uplink=b"], ["--uplink was a, b, now b"]),
            (["--ipv4"], [], ["--ipv4 was given, now default"]),
            (
                ["--map-size=slots=70", "--map-size=connections=50"], ["--map-size=connections=60"],
                [
                    "--map-size slots was 70, now not given: the map stays as it is",
                    "--map-size connections was 50, now 60",
                ]
            ),
            (["--workload=a=b"], ["--workload=a=b"], []),
            (
                ["--forwarding=auto", "forwarding=direct"], ["--forwarding=auto", "forwarding=stack"],
                ["forwarding was direct, now stack"]
            ),
            (
                ["--forwarding=direct"], ["--forwarding=auto", "forwarding=direct"],
                ["--forwarding was direct, now auto"]
            ),
            (["--forwarding=auto", "forwarding=direct"], ["--forwarding=stack"], ["--forwarding was auto, now stack"]),
        ] as [([String], [String], [String])])
    func eachOptionIsNamedWithWhatItWasAndIs(old: [String], new: [String], lines: [String]) {
        #expect(OptionChange.between(old, new).map(\.text) == lines)
    }

    @Test(
        arguments: [
            (
                ["--uplink=a", "--uplink=b", "--return=dsr", "--connect-time=all", "--map-size=slots=70"],
                ["--connect-time=tcp", "--map-size=connections=60", "--return=tunnel"], ["--connect-time", "--return"],
                [
                    "--connect-time=tcp", "--map-size=connections=60", "--return=tunnel", "--uplink=a", "--uplink=b",
                    "--map-size=slots=70",
                ]
            ),
            (["--return=dsr"], ["--return=dsr", "--ipv4"], ["--return", "--ipv4"], nil),
            // Recorded whether said or not.
            (["--connect-time=tcp"], ["--connect-time=all"], [], ["--connect-time=tcp"]),
            (["--connect-time=tcp"], ["--connect-time=all"], ["--connect-time"], nil),
            (
                ["--forwarding=stack"], ["--forwarding=auto", "forwarding=direct"], [],
                ["forwarding=direct", "--forwarding=stack"]
            ),
            (["--forwarding=stack"], ["--forwarding=auto", "forwarding=direct"], ["--forwarding"], nil),
            // An older version recorded what 'auto' came to in this way.
            (["--forwarding=direct"], ["--forwarding=auto", "forwarding=direct"], [], nil),
            (["--forwarding=auto", "forwarding=direct"], ["--forwarding=auto", "forwarding=stack"], [], nil),
        ] as [([String], [String], Set<String>, [String]?)])
    func whatIsNotSaidAgainIsRemembered(old: [String], new: [String], typed: Set<String>, words: [String]?) {
        #expect(OptionChange.remembering(old, new, isTyped: typed.contains) == words)
    }
}
