// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import DataplaneModel
import Eligibility
import LinuxSystem
import Rendering
import Testing

@testable import Commands

@Suite struct EnableWordsTests {
    private func context(_ line: String) throws -> CommandContext {
        let words = line.split(separator: " ").map(String.init)
        guard case .run(let invocation) = try Tool.table.parse(words) else { throw NotACommand() }
        return try CommandContext(
            invocation, in: Surroundings(output: MemorySink(), errors: MemorySink(), capabilities: ToolRun.everything))
    }

    private struct NotACommand: Error {}

    @Test func withoutOptionsEverythingIsFoundByItself() throws {
        #expect(try EnableWords.options(of: context("enable")) == EnableOptions())
    }

    @Test func optionsAreReadWhole() throws {
        let options = try EnableWords.options(
            of: context(
                "enable -4 --uplink eth0 --uplink eth1 --workload cali* --node-address 10.0.0.5 --connect-time tcp "
                    + "--map-size connections=5000 --map-size slots_v6=70 --return dsr --no-dsr 10.9.0.0/16 "
                    + "--no-dsr fd00::/8 --overlay-port 4790 --node-port-range 31000-31999 --source-check strict "
                    + "--source-port-range 40000-49999"))
        var expected = EnableOptions()
        expected.families = [.v4]
        expected.uplinks = ["eth0", "eth1"]
        expected.workloads = ["cali*"]
        expected.nodeAddresses = [try IPAddress("10.0.0.5")]
        expected.connectTime = .tcp
        expected.mapSizes = ["connections": 5000, "slots_v6": 70]
        expected.returnPath = .dsr
        expected.noDSR = [try Prefix("10.9.0.0/16"), try Prefix("fd00::/8")]
        expected.overlayPort = 4790
        expected.nodePortRange = 31000...31999
        expected.replacementPorts = 40000...49999
        expected.sourceCheck = .strict
        #expect(options == expected)
    }

    @Test func theRecordedOptionsReadBackTheSame() throws {
        let options = try EnableWords.options(
            of: context(
                "enable -6 --uplink eth0 --workload h? --node-address fd00::5 --connect-time off --return dsr "
                    + "--no-dsr fd00::/8 --overlay-port 0 --node-port-range 1-2 --source-check strict "
                    + "--source-port-range 3-4"))
        #expect(EnableOptions(words: options.words) == options)
    }

    @Test func whatWasChosenIsRecordedBesideWhatWasAskedFor() throws {
        var options = EnableOptions()
        options.choosesForwarding = true
        options.forwarding = .stack
        #expect(EnableOptions.asked(in: options.words) == ["--connect-time=all", "--forwarding=auto"])
        #expect(EnableOptions(words: options.words) == options)
    }

    /// As versions recorded that did not tell what was chosen from what was asked for.
    @Test func anOlderRecordIsRead() {
        let words = ["--connect-time=all", "--forwarding=stack"]
        let options = EnableOptions(words: words)
        #expect(options.forwarding == .stack)
        #expect(options.words == words)
        #expect(EnableOptions.asked(in: words) == words)
    }

    @Test(arguments: [
        ("enable", [Feature.core, .connectTime]), ("enable --connect-time off", [.core]),
        ("enable -6", [.core, .connectTime, .ipv6]), ("enable -4 --connect-time off", [.core]),
    ])
    func onlyWhatIsAskedForIsNeeded(line: String, features: [Feature]) throws {
        let context = try context(line)
        #expect(EnableWords.features(of: try EnableWords.options(of: context), context) == Set(features))
    }

    @Test(arguments: [
        (
            nil as String?, ForwardPolicy.none, EnableOptions.Forwarding.direct,
            "nothing on this node filters forwarded packets"
        ),
        (
            "auto", .enforced(by: ["iptables filter/FORWARD", "inet f"]), .stack,
            "forwarded packets are filtered by iptables filter/FORWARD, inet f"
        ),
        ("auto", .unknown(reason: .noProgram("nft")), .stack, "the packet filter cannot be read without 'nft'"),
        (nil, .unknown(reason: .programFailed("nft")), .stack, "the packet filter cannot be read: 'nft' failed"),
        ("direct", .enforced(by: ["x"]), .direct, "asked for with --forwarding"),
        ("stack", .none, .stack, "asked for with --forwarding"),
    ])
    func aPolicyInTheForwardHookIsNeverBypassedSilently(
        word: String?, policy: ForwardPolicy, mode: EnableOptions.Forwarding, reason: String
    ) {
        let choice = ForwardingChoice(word, policy)
        #expect(choice.mode == mode)
        #expect(choice.reason == reason)
    }

    @Test func forwardingThatBypassesAPolicyIsWarnedAbout() {
        let policy = ForwardPolicy.enforced(by: ["iptables filter/FORWARD: policy drop"])
        #expect(
            ForwardingChoice("direct", policy).warning
                == "--forwarding direct bypasses the filter of forwarded packets: "
                + "iptables filter/FORWARD: policy drop")
        #expect(ForwardingChoice("stack", policy).warning == nil)
        #expect(ForwardingChoice("auto", policy).warning == nil)
        #expect(ForwardingChoice("direct", .none).warning == nil)
    }
}
