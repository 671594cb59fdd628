// SPDX-License-Identifier: Apache-2.0

internal import CDataplaneABI
package import DataplaneModel

/// Which events a tracer is told; the programs apply it, so that others cost the reader nothing. Nil accepts all.
package struct TraceFilter: Hashable, Sendable {
    package var family: AddressFamily?
    package var transport: TransportProtocol?
    /// Of any end of the event, before or after translation.
    package var address: EndpointFilter?
    /// Of any end, which need not be the one with ``address``.
    package var port: UInt16?
    /// As the packet arrived.
    package var source: EndpointFilter?
    /// As the packet arrived, or what the process asked for.
    package var destination: EndpointFilter?
    /// A name without a port accepts all ports of the service.
    package var service: ServiceName?
    /// Accepts no socket call when set.
    package var interfaceIndex: UInt32?
    /// Never empty.
    package var reasons = Set(CounterReason.allCases)

    package init() {}
}

extension TraceFilter {
    /// Services that one filter can name by their numbers.
    static let serviceLimit = Int(TRACE_SERVICES_MAX)

    /// What the programs are told, but for the tracer's own part.
    ///
    /// - Parameter services: the numbers that ``service`` stands for, at most ``serviceLimit``.
    func control(services: [UInt32]) -> trace_control {
        var control = trace_control()
        control.reasons = reasons.reduce(0) { $0 | 1 << UInt64($1.rawValue) }
        control.ifindex = interfaceIndex ?? 0
        control.family = family.map(\.number) ?? 0
        control.proto = transport?.rawValue ?? 0
        control.service_count = UInt16(services.count)
        let all = services + [UInt32](repeating: 0, count: max(0, Self.serviceLimit - services.count))
        control.services = (
            all[0], all[1], all[2], all[3], all[4], all[5], all[6], all[7],
            all[8], all[9], all[10], all[11], all[12], all[13], all[14], all[15]
        )
        // In the order of `enum trace_end_role`.
        control.ends = (
            trace_end(address), trace_end(EndpointFilter(port: port)), trace_end(source), trace_end(destination)
        )
        return control
    }
}

extension AddressFamily {
    /// As events and filters have it.
    fileprivate var number: UInt8 { self == .v4 ? 4 : 6 }
}

extension trace_end {
    fileprivate init(_ filter: EndpointFilter?) {
        self.init()
        port = (filter?.port ?? 0).bigEndian
        guard let prefix = filter?.prefix else { return }
        family = prefix.family.number
        addr = prefix.address.filterWords
        mask = prefix.maskAddress.filterWords
    }
}

extension IPAddress {
    fileprivate var filterWords: NetworkWords { networkWords ?? (networkWord ?? 0, 0, 0, 0) }
}

extension Prefix {
    /// All ones in the prefix, all zeroes behind it.
    fileprivate var maskAddress: IPAddress {
        let ones: IPAddress = family == .v4 ? .v4(.max) : .v6(high: .max, low: .max)
        return Prefix(around: ones, length: length).address
    }
}
