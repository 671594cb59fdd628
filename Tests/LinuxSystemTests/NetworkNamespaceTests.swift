// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import LinuxSystem

@Suite(.needsRoot) struct NetworkNamespaceTests {
    @Test func anAnonymousNamespaceIsNewAndLeavesTheCallerInItsOwn() throws {
        let before = try NetworkNamespace.current().inode
        let namespace = try NetworkNamespace.anonymous()
        #expect(namespace.inode != before)
        #expect(try NetworkNamespace.current().inode == before)
        #expect(try namespace.run { () throws(SystemError) in try NetworkNamespace.current().inode } == namespace.inode)
        #expect(try NetworkNamespace.current().inode == before)
    }

    @Test func aNamedNamespaceIsListedOpenedAndDeleted() throws {
        let name = "ebtest\(UInt32.random(in: 0 ... .max))"
        let namespace = try NetworkNamespace.create(named: name)
        defer { try? NetworkNamespace.delete(name) }
        #expect(try NetworkNamespace.names().contains(name))
        #expect(try NetworkNamespace(named: name).inode == namespace.inode)
        #expect(throws: SystemError(.createNamespace, name, .exists)) { _ = try NetworkNamespace.create(named: name) }
        try NetworkNamespace.delete(name)
        #expect(try !NetworkNamespace.names().contains(name))
        #expect(throws: SystemError(.deleteNamespace, name, .noEntry)) { try NetworkNamespace.delete(name) }
        #expect(throws: SystemError(.openNamespace, "/run/netns/\(name)", .noEntry)) {
            _ = try NetworkNamespace(named: name)
        }
    }

    @Test func aFileOfAnotherKindIsNoNamespace() {
        #expect(throws: SystemError(.openNamespace, "/proc/self/status", .invalidArgument)) {
            _ = try NetworkNamespace(at: "/proc/self/status")
        }
    }

    @Test func settingsInsideAreNotThoseOutside() throws {
        let outside = try Sysctl.read("net/ipv4/ip_local_port_range")
        let namespace = try NetworkNamespace.anonymous()
        let inside = try namespace.run { () throws(SystemError) in
            try Sysctl.write("net/ipv4/ip_local_port_range", "40000 40010")
            return try Sysctl.read("net/ipv4/ip_local_port_range")
        }
        #expect(inside == "40000\t40010")
        #expect(try Sysctl.read("net/ipv4/ip_local_port_range") == outside)
    }

    /// Linux 5.14; older kernels do not tell.
    @Test func namespacesAreToldApartByTheirCookies() throws {
        guard let own = NetworkNamespace.currentCookie() else { return }
        let namespace = try NetworkNamespace.anonymous()
        let inside = try namespace.run { () throws(SystemError) in NetworkNamespace.currentCookie() }
        let other = try #require(inside)
        #expect(own != 0 && other != 0 && own != other)
        #expect(NetworkNamespace.currentCookie() == own)
    }

    @Test func aFailureInsideReachesTheCaller() throws {
        let namespace = try NetworkNamespace.anonymous()
        #expect(throws: SystemError(.readFile, "x", .stale)) {
            try namespace.run { () throws(SystemError) in throw SystemError(.readFile, "x", .stale) }
        }
    }
}
