// SPDX-License-Identifier: Apache-2.0

extension AddressParseError {
    package var message: String {
        switch self {
        case .malformedAddress(let text): "invalid address \(quoted(text)): not an IPv4 or IPv6 address"
        case .leadingZeros(let text, let canonical):
            "invalid address \(quoted(text)): leading zeros are ambiguous, did you mean '\(canonical)'?"
        case .zone(let text): "invalid address \(quoted(text)): a zone is not allowed here"
        case .malformedPrefix(let text): "invalid prefix \(quoted(text)): must be ADDR/LENGTH"
        case .prefixWithoutLength(let text, let canonical):
            "invalid prefix \(quoted(text)): length is missing, did you mean '\(canonical)'?"
        case .prefixLength(let text, let maximum): "invalid prefix \(quoted(text)): length must be 0…\(maximum)"
        case .hostBits(let text, let canonical):
            "invalid prefix \(quoted(text)): host bits are set, did you mean '\(canonical)'?"
        case .port(let text): "invalid port \(quoted(text)): must be 1…65535"
        case .malformedPortRange(let text): "invalid port range \(quoted(text)): must be FIRST-LAST"
        case .reversedPortRange(let text): "invalid port range \(quoted(text)): the first port is above the last"
        case .transport(let text): "invalid protocol \(quoted(text)): must be tcp or udp"
        case .unsupportedTransport(let text): "unsupported protocol \(quoted(text)): only tcp and udp are served"
        case .malformedEndpoint(let text): "invalid endpoint \(quoted(text)): must be ADDR:PORT or [IPV6-ADDR]:PORT"
        case .unbracketedEndpoint(let text):
            "invalid endpoint \(quoted(text)): an IPv6 address must stand in brackets, as in '[fd00::1]:80'"
        case .malformedFrontend(let text): "invalid frontend \(quoted(text)): must be ADDR:PORT/PROTO"
        case .malformedNodePort(let text): "invalid node port \(quoted(text)): must be PORT/PROTO"
        }
    }
}

extension ServiceParseError {
    package var message: String {
        switch self {
        case .malformedName(let text): "invalid service name \(quoted(text)): must be NAMESPACE/NAME[:PORT]"
        case .nameWithoutNamespace(let text):
            "invalid service name \(quoted(text)): namespace is missing, did you mean \(quoted("default/" + text))?"
        case .nameLabel(let text, let label):
            "invalid service name \(quoted(text)): \(quoted(label)) must be 1…63 of a-z, 0-9 and '-', "
                + "and not begin or end with '-'"
        case .address(let error): error.message
        case .backendWeight(let text, let weight):
            "invalid backend \(quoted(text)): weight \(quoted(weight)) must be \(spelled(Backend.weights))"
        case .backendOption(let text, let option):
            "invalid backend \(quoted(text)): unknown option \(quoted(option)), must be weight=N or local"
        case .repeatedBackendOption(let text, let option):
            "invalid backend \(quoted(text)): option \(quoted(option)) is given twice"
        case .trafficPolicy(let text): "invalid traffic policy \(quoted(text)): must be cluster or local"
        case .algorithm(let text): "invalid algorithm \(quoted(text)): must be random or maglev"
        }
    }
}

extension DurationParseError {
    package var message: String {
        switch self {
        case .malformed(let text):
            "invalid duration \(quoted(text)): must be numbers with units, like 250ms, 10s, 5m or 1h30m"
        case .tooLong(let text): "invalid duration \(quoted(text)): must be at most \(Duration.maximumText.text)"
        case .zero(let text): "invalid duration \(quoted(text)): must be more than zero"
        }
    }
}

extension FilterParseError {
    package var message: String {
        switch self {
        case .malformedTuple(let text): "invalid tuple \(quoted(text)): must be PROTO,ADDR:PORT,ADDR:PORT"
        case .mixedFamilies(let text): "invalid tuple \(quoted(text)): both addresses must be of one family"
        case .malformedEndpoint(let text): "invalid filter \(quoted(text)): must be CIDR[:PORT] or :PORT"
        case .state(let text):
            "invalid state \(quoted(text)): must be \(alternatives(TCPState.allCases.map(\.rawValue)))"
        case .address(let error): error.message
        }
    }
}

extension RouteParseError {
    package var message: String {
        switch self {
        case .interfaceName(let text):
            "invalid interface name \(quoted(text)): must be 1…\(InterfaceReference.maximumNameLength) bytes "
                + "without spaces, '/' and ':'"
        }
    }
}

extension ServiceProblem {
    package var message: String {
        switch self {
        case .noFrontends: "it has no frontend"
        case .noBackends: "it has no backend"
        case .frontendWithoutBackends(let frontend): "frontend '\(frontend)' has no \(frontend.family) backend"
        case .backendWithoutFrontend(let endpoint): "backend '\(endpoint)' has no \(endpoint.family) frontend"
        case .repeatedFrontend(let frontend): "frontend '\(frontend)' is given twice"
        case .repeatedBackend(let endpoint): "backend '\(endpoint)' is given twice"
        case .frontendAddress(let frontend, let kind): "frontend '\(frontend)' is \(kind.caption)"
        case .backendIsFrontend(let endpoint): "backend '\(endpoint)' is a frontend of the service itself"
        case .backendAddress(let endpoint, let kind): "backend '\(endpoint)' is \(kind.caption)"
        case .weight(let endpoint, let weight):
            "weight \(weight) of backend '\(endpoint)' must be \(spelled(Backend.weights))"
        case .tooManySlots(let family, let count):
            "its \(family) backends need \(count) slots, must be at most \(SlotPlan.maximumSlots)"
        case .affinity(let duration):
            "affinity '\(duration.text)' must be whole seconds, 1s…\(Service.affinityLimit.text)"
        }
    }
}

extension InvalidService {
    package var message: String {
        "invalid service \(quoted(name.text)): " + problems.map(\.message).joined(separator: "; ")
    }
}

extension FrontendConflict {
    /// One line, of the same make as ``ModelError/message``.
    package var message: String {
        "frontend '\(frontend)' is claimed by several services: "
            + services.map { quoted($0.text) }.joined(separator: ", ")
    }
}

extension ServiceProblem.AddressKind {
    fileprivate var caption: String {
        switch self {
        case .unspecified: "an unspecified address"
        case .loopback: "a loopback address"
        case .multicast: "a multicast address"
        case .broadcast: "the broadcast address"
        case .linkLocal: "a link-local address"
        case .v4Mapped: "an IPv4-mapped address, write the IPv4 address"
        }
    }
}

/// In single quotes, control characters escaped and long texts cut, so that any input makes one short line.
private func quoted(_ text: String) -> String {
    let limit = 80
    let scalars = text.unicodeScalars
    let shown = scalars.prefix(limit).map { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: scalar.escaped(asASCII: true)
        default: String(scalar)
        }
    }
    return "'" + shown.joined() + (scalars.dropFirst(limit).isEmpty ? "" : "…") + "'"
}

private func spelled(_ range: ClosedRange<Int>) -> String { "\(range.lowerBound)…\(range.upperBound)" }

private func alternatives(_ words: [String]) -> String {
    words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
}
