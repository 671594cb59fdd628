// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import LinuxSystem
import Testing

@testable import Lab

@Suite struct LabPlanTests {
    @Test func addressesFollowFromNumbers() {
        #expect("\(LabPlan.node(2, .v4).address)/\(LabPlan.node(2, .v4).prefixLength)" == "10.123.0.2/24")
        #expect("\(LabPlan.node(2, .v6).address)/\(LabPlan.node(2, .v6).prefixLength)" == "fd00:123::2/64")
        #expect(
            "\(LabPlan.nodeGateway(.v4).address) \(LabPlan.nodeGateway(.v6).address)" == "10.123.0.254 fd00:123::fe")
        #expect(
            "\(LabPlan.podBlock(ofNode: 3, .v4)) \(LabPlan.podBlock(ofNode: 3, .v6))" == "10.244.3.0/24 fd00:244:3::/64"
        )
        #expect(
            "\(LabPlan.podGateway(ofNode: 3, .v4)) \(LabPlan.podGateway(ofNode: 3, .v6))" == "10.244.3.1 fd00:244:3::1")
        #expect("\(LabPlan.pod(1, ofNode: 3, .v4)) \(LabPlan.pod(1, ofNode: 3, .v6))" == "10.244.3.2 fd00:244:3::2")
        #expect("\(LabPlan.client(.v4).address) \(LabPlan.client(.v6).address)" == "192.0.2.10 2001:db8:c::a")
        #expect(
            "\(LabPlan.clientGateway(.v4).address) \(LabPlan.clientGateway(.v6).address)" == "192.0.2.1 2001:db8:c::1")
    }

    @Test func sizesStayInsideTheAddressPlan() {
        let plan = LabPlan(nodeCount: 1000, podsPerNode: -1)
        #expect(plan.nodeCount == LabPlan.nodeLimit && plan.podsPerNode == 0)
        #expect(LabPlan(nodeCount: 0).nodeCount == 1)
    }
}

@Suite struct LabWordsTests {
    @Test func aRequestSurvivesTheCommandLine() throws {
        for manner in LabRequest.Manner.allCases {
            let request = LabRequest(
                .udp, try Endpoint("[fd00::1]:53"), count: 7, manner: manner, timeout: .milliseconds(250),
                duration: manner == .fresh ? nil : .seconds(3))
            #expect(LabRequest(words: request.words) == request)
        }
        #expect(
            LabRequest(.tcp, try Endpoint("10.96.0.10:80"), count: 9).words
                == ["tcp", "10.96.0.10:80", "9", "fresh", "1000", "0"])
    }

    @Test(arguments: ["", "tcp", "sctp 1.2.3.4:5 1 fresh 1 0", "tcp 1.2.3.4:5 -1 fresh 1 0", "tcp 1.2.3.4:5 1 old 1 0"])
    func otherWordsAreNoRequest(words: String) {
        #expect(LabRequest(words: words.split(separator: " ").map(String.init)) == nil)
    }

    @Test func badWordsForTheLabsToolsAreAUsageError() throws {
        #expect(try LabProgram.run(words: ["__lab-server", "x"]) { _ in } == 2)
        #expect(try LabProgram.run(words: ["__lab-client"]) { _ in } == 2)
        #expect(try LabProgram.run(words: ["service", "list"]) { _ in } == nil)
        #expect(try LabProgram.run(words: []) { _ in } == nil)
    }

    @Test func aTallySurvivesItsLines() throws {
        var tally = LabTally()
        let peer = try Endpoint("10.244.1.2:40000")
        for name in ["a", "b", "a"] {
            tally.count(LabAnswer(server: name, peer: peer, local: peer), nanoseconds: UInt64(name.utf8.first ?? 0))
        }
        tally.count(.system(.connectionRefused))
        tally.count(.wrongPeer(peer))
        let lines = [
            "answer a 2", "answer b 1", "source 10.244.1.2 3", "failure ECONNREFUSED 1",
            "failure wrong-peer:10.244.1.2:40000 1", "latencies 97 98 97",
        ]
        #expect(tally.lines == lines)
        #expect(LabTally(lines: lines) == tally)
        #expect(tally.answered == 3 && tally.failed == 2 && tally.medianLatency == 97)
        #expect(LabTally().medianLatency == nil)
        tally.merge(tally)
        #expect(tally.answers == ["a": 4, "b": 2] && tally.latencies.count == 6)
    }

    @Test(arguments: ["answer a", "answer a x", "answer a -1", "other a 1", "latencies 1 x", "  "])
    func otherLinesAreNoTally(line: String) {
        #expect(LabTally(lines: [line]) == nil)
    }

    @Test func anAnswerIsOneLineOfThreeWords() throws {
        let answer = LabAnswer(server: "n1", peer: try Endpoint("[fd00::1]:5"), local: try Endpoint("1.2.3.4:80"))
        #expect(answer.line == Array("n1 [fd00::1]:5 1.2.3.4:80\n".utf8))
        #expect(LabAnswer(line: "n1 [fd00::1]:5 1.2.3.4:80") == answer)
        #expect(LabAnswer(line: "n1 nonsense 1.2.3.4:80") == nil)
    }
}
