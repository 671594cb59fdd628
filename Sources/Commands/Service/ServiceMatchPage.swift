// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel
import Rendering

/// What a client meets that sends to an address: the frontend, its service, and who may be drawn.
struct ServiceMatchPage: Describable {
    let asked: String
    /// That of the address; nil for a node port, which has two.
    let family: AddressFamily?
    let match: FrontendMatch

    static var kind: String { "ServiceMatch" }

    var resourceName: String { match.service.name.text }

    /// The backends that connections to the address may be given, those of this node alone where `isLocal`.
    private func eligible(localOnly: Bool) -> Int {
        match.service.backends.count { backend in
            backend.state == .active && (family ?? backend.family) == backend.family
                && (!localOnly || backend.isLocal == true)
        }
    }

    private var internalIsLocal: Bool { !match.frontend.isExternal && match.service.internalPolicy == .local }
    private var externalIsLocal: Bool { match.frontend.isExternal && match.service.externalPolicy == .local }
    private var forInside: Int { eligible(localOnly: internalIsLocal) }
    private var forOutside: Int { eligible(localOnly: internalIsLocal || externalIsLocal) }

    private var reason: String {
        switch match.reason {
        case .exact: "exactly"
        case .nodePort: asked == "\(match.frontend)" ? "exactly" : "it is an address of this node"
        }
    }

    private func drawn(_ count: Int, isLocal: Bool) -> String {
        let kind = family.map { "\($0) " } ?? ""
        let backends = "\(count) \(kind)\(count == 1 ? "backend" : "backends")"
        return (isLocal ? "\(backends) on this node, as the policy wants" : backends)
            + (count == 0 ? ": \(unserved)" : "")
    }

    /// What becomes of clients that no backend may be drawn for: a policy alone drops their packets.
    private var unserved: String {
        guard eligible(localOnly: false) > 0 else { return "clients are refused" }
        return internalIsLocal ? "connect() is refused, packets are dropped" : "packets are dropped"
    }

    func describe(_ page: inout DescriptionList) {
        page.entry("Asked", asked)
        page.entry("Matches", "\(match.frontend) (\(match.frontend.kind.rawValue)): \(reason)")
        page.entry("For pods", drawn(forInside, isLocal: internalIsLocal), forInside == 0 ? .warning : .plain)
        page.entry(
            "For outside", drawn(forOutside, isLocal: internalIsLocal || externalIsLocal),
            forOutside == 0 ? .warning : .plain)
        ServiceRow(service: match.service).describe(&page)
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("asked", asked)
        object.string("frontend", "\(match.frontend)")
        object.string("frontendKind", match.frontend.kind.rawValue)
        object.bool("exact", match.reason == .exact)
        object.integer("backendsForPods", forInside)
        object.integer("backendsForOutside", forOutside)
        object.object("service") { ServiceRow(service: match.service).fields(&$0) }
    }
}
