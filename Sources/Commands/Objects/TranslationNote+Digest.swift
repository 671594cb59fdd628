// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Kubernetes

extension [TranslationNote] {
    /// A line for each that asks for a look, the first few of many alike; what every cluster has is counted.
    var digest: [String] {
        var lines: [String] = []
        let ordinary = Dictionary(grouping: self) { $0.ordinaryReason }
        for (reason, notes) in ordinary.sorted(by: { ($0.key ?? "") < ($1.key ?? "") }) {
            guard let reason else { continue }
            lines.append("\(notes.count) \(notes.count == 1 ? "service" : "services") ignored: \(reason)")
        }
        let others = filter { $0.ordinaryReason == nil }
        for group in Dictionary(grouping: others, by: \.category).sorted(by: { $0.key < $1.key }).map(\.value) {
            lines += group.prefix(Self.shown).map(\.message)
            if group.count > Self.shown { lines.append("... and \(group.count - Self.shown) more like this") }
        }
        return lines
    }

    private static var shown: Int { 5 }
}

extension TranslationNote {
    /// Why a service is left out that is meant to be.
    fileprivate var ordinaryReason: String? {
        guard case .ignored(_, let reason) = self else { return nil }
        switch reason {
        case .headless, .labelledHeadless: return "headless"
        case .externalName: return "of type ExternalName"
        case .noClusterIP, .noPorts, .otherProxy: return nil
        }
    }

    /// Something is wrong that somebody should put right; the others repeat what the objects are.
    var isTrouble: Bool {
        switch self {
        case .repeated, .refused, .conflict, .nodeWithoutAddress, .repeatedRoute, .keptAPIServer: true
        default: false
        }
    }

    fileprivate var category: Int {
        switch self {
        case .placesByRoutes, .hintsWithoutNode, .strangeNode: 0
        case .skippedKind: 1
        case .repeated: 2
        case .ignored: 3
        case .unsupportedProtocol, .nodePortOutOfRange: 4
        case .externalIPNotAllowed: 5
        case .sliceOfNames, .sliceOfNoService: 6
        case .refused: 7
        case .conflict: 8
        case .sharedTerminating: 9
        case .unusableInternalIP: 10
        case .nodeWithoutAddress, .nodesWithoutPodCIDRs, .repeatedRoute, .podRoutesLeftOut: 11
        case .keptAPIServer: 12
        }
    }
}

extension [String] {
    /// In quotes, the first few of many.
    var digest: String {
        let shown = prefix(3).map { "'\($0)'" }.joined(separator: ", ")
        return count > 3 ? "\(shown) and \(count - 3) more" : shown
    }
}
