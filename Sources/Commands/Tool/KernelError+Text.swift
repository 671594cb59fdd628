// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CommandLineKit
import LinuxSystem

extension KernelError {
    func text(_ scene: ErrorScene) -> ErrorText {
        let object = subject.isEmpty ? "" : " \(quoted(subject))"
        let place = target.map { " \(operation.preposition) \(quoted($0))" } ?? ""
        return ErrorText(
            "cannot \(operation.phrase)\(object)\(place): \(cause)", details: detailLines, hint: errno.hint(scene))
    }

    private var cause: String {
        switch detail {
        case .verifier: "the verifier of this kernel refuses it (\(errno.name))"
        case .layout(let part, let expected, let found):
            "its \(part.rawValue) has \(found) bytes, not \(expected) (\(errno.name))"
        case .mapType(let expected, let found): "it is a \(found.name), not a \(expected.name) (\(errno.name))"
        case .kind(let expected, let found):
            "it is \(found.map { "a \($0.rawValue)" } ?? "nothing of BPF"), not a \(expected.rawValue) (\(errno.name))"
        case .partial(let done, let total): "\(done) of \(total) are done: \(errno.cause)"
        case .messages, nil: errno.cause
        }
    }

    /// The verifier's last useful lines, or what libbpf had to say.
    private var detailLines: [String] {
        switch detail {
        case .verifier(let log):
            (log.omitted > 0 ? ["verifier: (\(log.omitted) lines left out)"] : []) + log.lines.map { "verifier: \($0)" }
        case .messages(let lines): lines.map { "libbpf: \($0)" }
        default: []
        }
    }
}

extension KernelError.Operation {
    /// As it stands after "cannot" and before its subject.
    var phrase: String {
        switch self {
        case .openObject: "open the BPF object"
        case .configureObject: "configure the BPF object"
        case .loadObject: "load the BPF object"
        case .loadProgram: "load program"
        case .openProgram: "open program"
        case .openMap: "open map"
        case .openLink: "open link"
        case .openPin: "open pin"
        case .openCgroup: "open cgroup"
        case .readInformation: "read the kernel's information about"
        case .listPrograms: "list the kernel's programs"
        case .listMaps: "list the kernel's maps"
        case .listLinks: "list the kernel's links"
        case .pin: "pin at"
        case .duplicate: "duplicate"
        case .createMap: "create map"
        default: changePhrase
        }
    }

    private var changePhrase: String {
        switch self {
        case .lookUp: "look up in map"
        case .update: "write to map"
        case .delete: "delete from map"
        case .iterate: "read map"
        case .attach: "attach program"
        case .replaceProgram: "replace program"
        case .detach: "detach program"
        case .queryHook: "query the hook of"
        case .createQueueingDiscipline: "create the clsact queueing discipline of"
        case .removeQueueingDiscipline: "remove the clsact queueing discipline of"
        case .listFilters: "list the filters of"
        case .testRun: "run program"
        case .enableStatistics: "enable statistics"
        case .openRingBuffer: "open ring buffer"
        case .pollRingBuffer: "poll ring buffer"
        case .readTypeInformation: "read the type information of"
        case .countProcessors: "count the processors"
        default: rawValue
        }
    }

    fileprivate var preposition: String { self == .detach ? "from" : "to" }
}

extension Errno {
    /// The way out that the number alone suggests.
    func hint(_ scene: ErrorScene) -> String? {
        switch self {
        case .notPermitted, .accessDenied:
            scene.isRoot ? nil : scene.asRoot
        case .noDevice: "list interfaces with \(scene.line("interface list"))"
        case .notSupported, .notSupportedByKernel, .notImplemented:
            "see what this node lacks with \(scene.line("check"))"
        default: nil
        }
    }
}
