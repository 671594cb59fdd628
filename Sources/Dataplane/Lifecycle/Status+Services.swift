// SPDX-License-Identifier: Apache-2.0

internal import DataplaneModel

extension Dataplane {
    /// Services that nobody serves, anywhere or here.
    static func serviceProblems(_ services: [Service]) -> [StatusProblem] {
        func names(_ condition: (Service) -> Bool) -> [ServiceName] { services.filter(condition).map(\.name) }
        let refusing = names { !$0.isServed }
        let inside = names { $0.policyLeavesNone(ofExternal: false) }
        let outside = names { $0.policyLeavesNone(ofExternal: true) }
        return (refusing.isEmpty ? [] : [.withoutBackends(refusing)])
            + ((inside + outside).isEmpty ? [] : [.withoutLocalBackends(inside: inside, outside: outside)])
    }
}

extension Service {
    /// Whether active backends of a family are all elsewhere, while the policy for such frontends wants one here.
    fileprivate func policyLeavesNone(ofExternal isExternal: Bool) -> Bool {
        guard (isExternal ? externalPolicy : internalPolicy) == .local else { return false }
        return AddressFamily.allCases.contains { family in
            let active = backends(in: family).filter { $0.state == .active }
            return !active.isEmpty && !active.contains { $0.isLocal == true }
                && frontends.contains { $0.isExternal == isExternal && ($0.family ?? family) == family }
        }
    }
}
