// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Testing

@Suite struct ConnectionTimeoutsTests {
    @Test func defaultsAreThoseOfTheReference() {
        let timeouts = ConnectionTimeouts()
        #expect(ConnectionTimeouts.Phase.allCases.map { timeouts[$0].text } == ["20s", "1h", "30s", "40s", "1m"])
    }

    @Test func autoReadsTheSysctlsAndKeepsDefaultsWithoutThem() {
        let all = Dictionary(uniqueKeysWithValues: ConnectionTimeouts.Phase.allCases.map { ($0, TimeoutSetting.auto) })
        let timeouts = ConnectionTimeouts(all) { name in
            [
                "net.netfilter.nf_conntrack_tcp_timeout_syn_sent": 120,
                "net.netfilter.nf_conntrack_tcp_timeout_established": 432_000,
                "net.netfilter.nf_conntrack_tcp_timeout_time_wait": 120,
            ][name]
        }
        #expect(ConnectionTimeouts.Phase.allCases.map { timeouts[$0].text } == ["2m", "5d", "2m", "40s", "1m"])
        #expect(ConnectionTimeouts(all) { _ in nil } == ConnectionTimeouts())
        #expect(ConnectionTimeouts(all) { _ in 0 } == ConnectionTimeouts())
    }

    @Test func aFixedSettingReplacesOnlyItsPhase() {
        var expected = ConnectionTimeouts()
        expected.udp = .seconds(5)
        #expect(ConnectionTimeouts([.udp: .fixed(.seconds(5))]) { _ in 7 } == expected)
    }

    @Test func settingsAreReadAndRefused() throws {
        #expect(try TimeoutSetting("Auto") == .auto)
        #expect(try TimeoutSetting("90s") == .fixed(.seconds(90)))
        #expect(try [TimeoutSetting("auto"), TimeoutSetting("90s")].map(\.description) == ["auto", "1m30s"])
        #expect(refusal { try TimeoutSetting("0s") } == "invalid duration '0s': must be more than zero")
    }

    @Test(
        arguments: [
            (nil, [], 60), (.synSent, [], 20), (.established, [], 3600), (.finSeen, [], 3600),
            (.finSeen, .directReturn, 30),
            (.closed, [], 30), (.reset, [], 40),
        ] as [(TCPState?, ConnectionFlags, Int)])
    func aConnectionExpiresOnlyAfterThePhaseAllows(state: TCPState?, flags: ConnectionFlags, seconds: Int) throws {
        var connection = try Connection.sample(state: state)
        connection.flags = flags
        connection.idle = .seconds(seconds)
        #expect(!ConnectionTimeouts().hasExpired(connection))
        connection.idle += .nanoseconds(1)
        #expect(ConnectionTimeouts().hasExpired(connection))
    }
}
