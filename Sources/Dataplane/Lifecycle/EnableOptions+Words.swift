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

    private mutating func read(option: String, value: String) {
        switch option {
        case "--uplink": uplinks.append(value)
        case "--workload": workloads.append(value)
        case "--node-address": if let address = try? IPAddress(value) { nodeAddresses.append(address) }
        case "--ipv4": families = [.v4]
        case "--ipv6": families = [.v6]
        case "--connect-time": connectTime = ConnectTime(rawValue: value) ?? connectTime
        case "--forwarding": forwarding = Forwarding(rawValue: value) ?? forwarding
        case "--attach": mechanism = AttachMechanism(rawValue: value)
        case "--map-size":
            let parts = value.split(separator: "=")
            if parts.count == 2, let size = UInt32(parts[1]) { mapSizes[String(parts[0])] = size }
        default: break
        }
    }
}
