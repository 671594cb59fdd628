// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import YAML

extension ObjectReadError {
    /// One line in lower case without full stop: input, document, line, object and path before the reason.
    package var message: String {
        var line = "\(input): document \(document), line \(mark.line), column \(mark.column): "
        if let object { line += "\(shown(object.kind)) \(quoted(object.name)): " }
        if !path.isEmpty { line += "\(shown(path)): " }
        return line + problem.message
    }
}

extension ObjectReadError.Problem {
    package var message: String {
        switch self {
        case .json(let problem): problem.message
        case .yaml(let problem): problem.description
        case .duplicateKey(let key): "duplicate key \(quoted(key))"
        case .tooDeep(let limit): "nested deeper than \(limit) levels"
        case .tooManyValues(let limit): "an object of more than \(limit) values"
        case .tooManyAliases(let limit): "aliases stand for more than \(limit) values"
        case .objectTooLarge(let limit): "an object of more than \(limit) bytes"
        case .inputTooLong(let limit): "more than \(limit) bytes"
        case .notAnObject: "not an object"
        case .ownDocument(let version): "a document of \(quoted(version)) among Kubernetes objects"
        case .missing: "is missing"
        case .type(let found, let needed): message(found, needed)
        case .range(let number, let range): "must be \(range.lowerBound)…\(range.upperBound), not \(number)"
        case .word(let text, let allowed): "must be \(alternatives(allowed)), not \(quoted(text))"
        case .address(let error): error.message
        case .name(let error): error.message
        case .familyMismatch(let address, let type): "'\(address)' is no address of the slice's type, \(type)"
        case .repeatedPort(let port): "port \(quoted(port)) is given twice"
        }
    }

    private func message(
        _ found: ObjectReadError.ValueType, _ needed: ObjectReadError.ValueType
    ) -> String {
        let words = "must be \(needed.words), not \(found.words)"
        // YAML's own traps: `on`, `080`, `1.10` without quotes.
        return needed == .string && found != .list && found != .object ? words + ", quote it" : words
    }
}

extension ObjectReadError.ValueType {
    fileprivate var words: String {
        switch self {
        case .null: "null"
        case .integer, .object: "an \(rawValue)"
        case .boolean, .number, .string, .list: "a \(rawValue)"
        }
    }
}

extension ObjectReadError.JSONProblem {
    fileprivate var message: String {
        switch self {
        case .endOfInput: "the input ends in the middle of a document"
        case .unexpected(let byte, let expectation): "\(caption(of: byte)) where \(expectation.words) is expected"
        case .controlCharacter(let byte): "\(caption(of: byte)) in a string"
        case .escape: "invalid escape in a string"
        case .number(let text): "\(quoted(text)) is neither a number nor true, false or null"
        }
    }
}

extension ObjectReadError.Expectation {
    fileprivate var words: String {
        switch self {
        case .value: "a value"
        case .key: "a key in double quotes"
        case .colon: "':'"
        case .commaOrEnd: "',' or the end of the object or list"
        case .document: "an object"
        }
    }
}

extension TranslationError {
    package var message: String {
        switch self {
        case .unknownNode(.name(let name), let known): "no node \(quoted(name)) among \(listed(known))"
        case .unknownNode(.hostName(let name), let known):
            "this host, \(quoted(name)), is none of the nodes \(listed(known))"
        case .ambiguousNode(let name, let candidates):
            "this host, \(quoted(name)), may be any of the nodes \(listed(candidates))"
        case .otherMachine(let chosen, let address, let other):
            "node \(quoted(chosen)) is another machine: this one has the address \(address) of node \(quoted(other))"
        case .unknownPlaces(let node):
            "no endpoint is on node \(quoted(node)), no Node object says which this is, and the routes cover none of the "
                + "endpoints"
        }
    }
}

extension TranslationNote {
    /// One line in lower case without full stop.
    package var message: String {
        switch self {
        case .skippedKind(let kind, let count):
            "skipped \(count) \(shown(kind.kind)) (\(shown(kind.apiVersion)))"
                + (kind.versionRead.map { ": only \($0) is read" } ?? "")
        case .repeated(let kind, let name): "\(kind) \(quoted(name)) is given again, the last one counts"
        case .ignored(let name, let reason): "ignored service '\(name)': \(reason.words)"
        case .unsupportedProtocol(let name, let transport):
            "service '\(name)' is not served: unsupported protocol \(transport.rawValue)"
        case .externalIPNotAllowed(let name, let address):
            "external address '\(address)' of service '\(name)' is not served: it is not allowed"
        case .sliceOfNames(let name): "ignored EndpointSlice '\(name)': its addresses are host names"
        case .sliceOfNoService(let name): "ignored EndpointSlice '\(name)': it belongs to no service"
        case .refused(let name, let problem): "service '\(name)': left out: \(problem.message)"
        case .conflict(let conflict, let winner): "\(conflict.message); it goes to '\(winner)'"
        case .sharedTerminating(let name):
            "service '\(name)': terminating backends of this node serve clients inside the cluster, too"
        case .nodeWithoutAddress(let name, let family):
            "no routes to the \(family) pods of node \(quoted(name)): it has no \(family) InternalIP"
        case .repeatedRoute(let prefix, let first, let second):
            "'\(prefix)' belongs to node \(quoted(first)), and to \(quoted(second)) as well"
        case .nodePortOutOfRange(let name, let port, let range):
            "service '\(name)': node port '\(port)' is not served: '--node-port-range' is \(range)"
        case .placesByRoutes(let node):
            "no endpoint is on node \(quoted(node)), and no Node object says which this is: which backends are here is "
                + "taken from the routes"
        case .hintsWithoutNode:
            "topology hints for zones are not followed: there is no Node object to say which zone this is"
        case .strangeNode(let name):
            "none of the InternalIPs of node \(quoted(name)) is an address of this machine"
        case .podRoutesLeftOut(let count, let limit):
            "no routes to \(count) pods outside their nodes' podCIDRs: there is room for \(limit)"
        case .nodesWithoutPodCIDRs(let names):
            "no podCIDRs in \(names.count == 1 ? "node" : "nodes") \(listed(names)): of their pods only those that serve "
                + "have routes"
        case .unusableInternalIP(let node, let address):
            "skipped InternalIP \(quoted(address)) of node \(quoted(node)): no address to reach it at"
        case .keptAPIServer(let name): "service '\(name)' is kept as it is: it would have no backend left"
        }
    }
}

extension TranslationNote.Ignored {
    fileprivate var words: String {
        switch self {
        case .headless: "it is headless"
        case .externalName: "it is an external name"
        case .noClusterIP: "it has no cluster IP"
        case .noPorts: "it has no ports"
        case .otherProxy(let name): "it is left to the proxy \(quoted(name))"
        case .labelledHeadless: "it bears the label '\(Label.headless)'"
        }
    }
}

extension ServiceExport.Omission {
    /// One line in lower case without full stop.
    package var message: String {
        let reason =
            switch obstacle {
            case .noClusterIP: "it has no cluster IP"
            case .severalPorts: "its frontends have several ports or protocols"
            case .weights: "its backends have weights"
            case .algorithm(let algorithm): "its algorithm is \(algorithm.rawValue)"
            case .unlikeOtherPorts: "it differs from the service's other ports in more than the port"
            case .unnamedPort: "of several ports each needs a name"
            case .notEquivalent: "it would be read back as something else"
            }
        return "service '\(name)' has no equal among Kubernetes objects: \(reason)"
    }
}

private func caption(of byte: UInt8) -> String {
    guard byte > 0x20, byte < 0x7f else { return "byte 0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16) }
    return "'\(Character(Unicode.Scalar(byte)))'"
}

/// Names in quotes; of many the first few.
private func listed(_ names: [String]) -> String {
    let shown = names.prefix(5).map(quoted).joined(separator: ", ")
    return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
}

private func alternatives(_ words: [String]) -> String {
    words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
}

private func quoted(_ text: String) -> String { "'\(shown(text))'" }

/// Control characters escaped and long texts cut, so that any input makes one short line.
private func shown(_ text: String) -> String {
    let limit = 80
    let scalars = text.unicodeScalars
    let shown = scalars.prefix(limit).map { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: scalar.escaped(asASCII: true)
        default: String(scalar)
        }
    }
    return shown.joined() + (scalars.dropFirst(limit).isEmpty ? "" : "…")
}
