// SPDX-License-Identifier: Apache-2.0

package import BPFRuntime
package import DataplaneModel

/// The map types that the dataplane is built from; the raw value is the last part of the check's id.
package enum RequiredMap: String, Hashable, Sendable, CaseIterable {
    case hash, array
    case lruHash = "lru-hash"
    case lpmTrie = "lpm-trie"
    case perCPUArray = "percpu-array"
    case ringBuffer = "ringbuf"

    /// Those with entries to go through.
    package static let tables = allCases.filter { $0 != .ringBuffer }

    package var type: MapType {
        switch self {
        case .hash: .hash
        case .array: .array
        case .lruHash: .lruHash
        case .lpmTrie: .lpmTrie
        case .perCPUArray: .perCPUArray
        case .ringBuffer: .ringBuffer
        }
    }
}

/// The program types of the dataplane; the raw value is the last part of the check's id.
package enum RequiredProgramType: String, Hashable, Sendable, CaseIterable {
    case schedClassifier = "sched-cls"
    case cgroupSocketAddress = "cgroup-sock-addr"

    package var type: ProgramType {
        switch self {
        case .schedClassifier: .schedClassifier
        case .cgroupSocketAddress: .cgroupSockAddr
        }
    }
}

/// The kernel functions that the programs call, but for the map functions, the clock and the random number of Linux 4.1.
package enum Helper: String, Hashable, Sendable, CaseIterable {
    case storeBytes = "skb-store-bytes"
    case loadBytes = "skb-load-bytes"
    case changeType = "skb-change-type"
    case changeTail = "skb-change-tail"
    case changeHead = "skb-change-head"
    case setTunnelKey = "skb-set-tunnel-key"
    case getTunnelKey = "skb-get-tunnel-key"
    case redirect
    case checksumDifference = "csum-diff"
    case replaceChecksum = "l4-csum-replace"
    case updateChecksum = "csum-update"
    case pullData = "skb-pull-data"
    case socketCookie = "get-socket-cookie"
    case fibLookup = "fib-lookup"
    case redirectNeighbor = "redirect-neigh"
    case redirectPeer = "redirect-peer"
    case namespaceCookie = "get-netns-cookie"
    case ringBufferOutput = "ringbuf-output"
    case coarseClock = "ktime-get-coarse-ns"
    case setReturnValue = "set-retval"

    /// `enum bpf_func_id` of `linux/bpf.h`.
    package var number: UInt32 {
        switch self {
        case .storeBytes: 9
        case .getTunnelKey: 20
        case .setTunnelKey: 21
        case .redirect: 23
        case .loadBytes: 26
        case .checksumDifference: 28
        case .changeType: 32
        case .changeTail: 38
        case .changeHead: 43
        case .replaceChecksum: 11
        case .pullData: 39
        case .updateChecksum: 40
        case .socketCookie: 46
        case .fibLookup: 69
        case .namespaceCookie: 122
        case .ringBufferOutput: 130
        case .redirectNeighbor: 152
        case .redirectPeer: 155
        case .coarseClock: 160
        case .setReturnValue: 187
        }
    }

    /// The type of the programs that call it; where both do, the one that got it later.
    package var caller: RequiredProgramType {
        switch self {
        case .socketCookie, .namespaceCookie, .setReturnValue: .cgroupSocketAddress
        default: .schedClassifier
        }
    }
}

/// The embedded objects, a source compiled for one address family each.
package enum EmbeddedImage: String, Hashable, Sendable, CaseIterable {
    case connectV4 = "connect_v4"
    case connectV6 = "connect_v6"
    case fromWorkloadV4 = "from_workload_v4"
    case fromWorkloadV6 = "from_workload_v6"
    case toWorkloadV4 = "to_workload_v4"
    case toWorkloadV6 = "to_workload_v6"
    case fromUplinkV4 = "from_uplink_v4"
    case fromUplinkV6 = "from_uplink_v6"
    case toUplinkV4 = "to_uplink_v4"
    case toUplinkV6 = "to_uplink_v6"
    case fromOverlayV4 = "from_overlay_v4"
    case fromOverlayV6 = "from_overlay_v6"

    package var family: AddressFamily { rawValue.hasSuffix("_v4") ? .v4 : .v6 }

    /// Whether it hangs on cgroup hooks; the others hang on interfaces.
    package var isConnectTime: Bool { self == .connectV4 || self == .connectV6 }
}
