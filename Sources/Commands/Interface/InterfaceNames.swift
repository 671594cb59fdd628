// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel
import LinuxSystem

/// The names of this network namespace's interfaces, for maps and links that hold only indexes.
struct InterfaceNames {
    private let names: [UInt32: String]
    private let indexes: [String: UInt32]

    /// - Parameter others: names by index, which count before those of the links.
    init(_ links: [NetworkLink], and others: [UInt32: String] = [:]) {
        names = Dictionary(others.map { ($0, $1) } + links.map { ($0.index, $0.name) }) { first, _ in first }
        indexes = Dictionary(links.map { ($0.name, $0.index) }) { first, _ in first }
    }

    static func current() throws -> InterfaceNames {
        InterfaceNames(try NetlinkSocket().links())
    }

    /// What tables show for an interface that is gone; documents have its index.
    static let gone = "<gone>"

    /// Nil for an interface that is gone.
    func name(of index: UInt32) -> String? { names[index] }

    /// - Throws: ``DataplaneError/unknownInterface(_:)``.
    func index(of name: String) throws -> UInt32 {
        guard let index = indexes[name] else { throw DataplaneError.unknownInterface(name) }
        return index
    }

    /// The same route with the name of its interface.
    func naming(_ route: Route) -> Route {
        guard case .local(let interface) = route.place, let index = interface.index else { return route }
        var named = route
        named.place = .local(InterfaceReference(name: names[index], index: index))
        return named
    }
}
