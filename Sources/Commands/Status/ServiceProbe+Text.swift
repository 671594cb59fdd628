// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import DataplaneModel
import LinuxSystem
import Rendering

extension ServiceProbe {
    /// What happened on the first line, what is missing on the others.
    func lines(_ again: EnableAgain) -> [String] {
        let shown = lacks.prefix(Self.mostLines).map { "\($0.text); \($0.hint(again))" }
        let rest = lacks.count - shown.count
        return [headline] + shown + (rest > 0 ? ["and \(rest) more of this kind, see them all with -o yaml"] : [])
    }

    /// A service may have thousands of backends that all lack the same.
    private static let mostLines = 8

    private var headline: String {
        let drawn = backend.map { " by \($0)" } ?? ""
        let asked = frontend.nodePort == nil ? "\(target)" : "\(target) (node port)"
        return switch outcome {
        case .connected: "\(asked) answered\(drawn) in \(HumanFormat.delay(duration))"
        case .sent: "\(asked) took a datagram\(backend.map { ", sent to \($0)" } ?? ""); UDP does not say if it arrived"
        case .failed(let errno): "\(asked) failed\(drawn) after \(HumanFormat.delay(duration)): \(errno.cause)"
        }
    }

    /// The first that is missing is the likeliest cause; nil for a success.
    func finding(_ again: EnableAgain) -> StatusFinding? {
        guard case .failed(let errno) = outcome else { return nil }
        let (address, port) = (target.endpoint.address, target.endpoint.port)
        let trace = again.line(of: ["trace", "--address", "\(address)", "--port", "\(port)"])
        return StatusFinding(
            message: "'\(target)' does not answer: \(lacks.first?.text ?? errno.cause)",
            hint: lacks.first?.hint(again) ?? "see what becomes of the packets with \(trace)", isDegrading: true)
    }

    private var word: String {
        switch outcome {
        case .connected: "connected"
        case .sent: "sent"
        case .failed: "failed"
        }
    }

    func fields(_ item: inout ObjectWriter, _ again: EnableAgain) {
        item.string("frontend", "\(frontend)")
        item.string("target", "\(target)")
        item.string("outcome", word)
        if case .failed(let errno) = outcome { item.string("error", errno.name) } else { item.null("error") }
        item.string("backend", backend.map { "\($0)" })
        item.preciseSeconds("durationSeconds", duration)
        item.array("lacks", lacks) { lack, item in
            item.string("message", lack.text)
            item.string("hint", lack.hint(again))
        }
    }
}

extension ServiceProbe.Lack {
    /// What is missing.
    var text: String {
        switch self {
        case .frontend(let frontend): "the maps do not lead from '\(frontend)' to the service's backends"
        case .backend(let family): "the service has no active \(family) backend"
        case .localBackend(_, let family):
            "the service's internal policy is local, and it has no active \(family) backend on this node"
        case .program(let name): "program \(name) is not attached"
        case .route(let endpoint): "no route of the dataplane says where backend '\(endpoint)' lives"
        case .kernelRoute(let endpoint, let errno): "the kernel has no way to backend '\(endpoint)': \(errno.cause)"
        case .kernelRouteToService(let address, let errno):
            "this process is not balanced as it connects, and the kernel has no way to \(address): \(errno.cause)"
        case .connectTime: "this process is not balanced as it connects, which a node port on the node itself needs"
        }
    }

    func hint(_ again: EnableAgain) -> String {
        switch self {
        case .frontend: "apply the service again"
        case .backend: "add one with \(again.line(of: ["backend", "add", "SERVICE", "ADDR:PORT"]))"
        case .localBackend(let service, _):
            "see where its backends are with \(again.line(of: ["backend", "list", service.text]))"
        case .program: "put it right with \(again.line())"
        case .route(let endpoint):
            "say so with \(again.line(of: ["route", "add", "\(endpoint.address)/\(endpoint.family.bitWidth)", "--workload", "--via", "NODE"]))"
        case .kernelRoute(let endpoint, _): "see 'ip route get \(endpoint.address)'"
        case .kernelRouteToService(let address, _): "see 'ip route get \(address)'"
        case .connectTime: "run it inside the cgroup that is balanced, or ask from another machine"
        }
    }
}

extension HumanFormat {
    /// A short time: `85us`, `1.2ms`, `3s`.
    fileprivate static func delay(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let micros = attoseconds / 1_000_000_000_000
        if seconds > 0 { return age(duration) }
        return micros < 1000 ? "\(micros)us" : "\(micros / 1000).\(micros % 1000 / 100)ms"
    }
}
