// SPDX-License-Identifier: Apache-2.0

internal import DataplaneModel

extension EnableOptions {
    /// Reads back ``words``; words that only another version of the tool knows are passed over.
    package init(words: [String]) {
        self.init()
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            read(option: parts[0], value: parts.count > 1 ? parts[1] : "")
        }
    }

    /// Those of the recorded words that a command line takes: the others say what was found, and bear no dashes.
    package static func asked(in words: [String]) -> [String] { words.filter { $0.hasPrefix("--") } }

    /// The value of an option that leaves the choice to `enable`.
    static let auto = "auto"

    /// The recorded word that says what `--forwarding=auto` came to; versions that do not know it record that alone.
    static let chosenForwarding = "forwarding"

    private mutating func read(option: String, value: String) {
        switch option {
        case "--uplink": uplinks.append(value)
        case "--workload": workloads.append(value)
        case "--node-address": if let address = try? IPAddress(value) { nodeAddresses.append(address) }
        case "--ipv4": families = [.v4]
        case "--ipv6": families = [.v6]
        case "--connect-time": connectTime = ConnectTime(rawValue: value) ?? connectTime
        case "--forwarding", Self.chosenForwarding:
            forwarding = Forwarding(rawValue: value) ?? forwarding
            choosesForwarding = choosesForwarding || value == Self.auto
        case "--return": returnPath = ReturnPath(rawValue: value) ?? returnPath
        case "--no-dsr": if let prefix = try? Prefix(value) { noDSR.append(prefix) }
        case "--overlay-port": overlayPort = UInt16(value) ?? overlayPort
        case "--source-port-range": if let ports = try? PortRange(value) { replacementPorts = ports.first...ports.last }
        case "--node-port-range": if let ports = try? PortRange(value) { nodePortRange = ports.first...ports.last }
        case "--source-check": sourceCheck = SourceCheck(rawValue: value) ?? sourceCheck
        case "--attach": mechanism = AttachMechanism(rawValue: value)
        case "--map-size":
            let parts = value.split(separator: "=")
            if parts.count == 2, let size = UInt32(parts[1]) { mapSizes[String(parts[0])] = size }
        default: break
        }
    }
}
