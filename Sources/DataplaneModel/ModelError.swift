// SPDX-License-Identifier: Apache-2.0

/// A refusal of something an operator wrote: data that ``message`` puts into words.
package protocol ModelError: Error, Hashable, Sendable {
    /// One line in lower case without full stop, the refused text in single quotes and never long.
    var message: String { get }
}

/// Why an address, prefix, port, endpoint or frontend was refused; the first value is the refused text.
package enum AddressParseError: ModelError {
    case malformedAddress(String)
    case leadingZeros(String, canonical: IPAddress)
    case zone(String)
    case malformedPrefix(String)
    case prefixWithoutLength(String, canonical: Prefix)
    case prefixLength(String, maximum: Int)
    case hostBits(String, canonical: Prefix)
    case port(String)
    case malformedPortRange(String)
    case reversedPortRange(String)
    case transport(String)
    case unsupportedTransport(String)
    case malformedEndpoint(String)
    case unbracketedEndpoint(String)
    case malformedFrontend(String)
    case malformedNodePort(String)
}

/// Why a service name, a backend or a setting of a service was refused; the first value is the refused text.
package enum ServiceParseError: ModelError {
    case malformedName(String)
    case nameWithoutNamespace(String)
    case nameLabel(String, label: String)
    case address(AddressParseError)
    case backendWeight(String, weight: String)
    case backendOption(String, option: String)
    case repeatedBackendOption(String, option: String)
    case trafficPolicy(String)
    case algorithm(String)
}

/// Why a duration was refused; the value is the refused text.
package enum DurationParseError: ModelError {
    case malformed(String)
    case tooLong(String)
    case zero(String)
}

/// Why a connection tuple or a criterion for connections was refused; the value is the refused text.
package enum FilterParseError: ModelError {
    case malformedTuple(String)
    case mixedFamilies(String)
    case malformedEndpoint(String)
    case state(String)
    case address(AddressParseError)
}

/// Why a route was refused; the value is the refused text.
package enum RouteParseError: ModelError {
    case interfaceName(String)
}
