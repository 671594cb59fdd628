// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Testing

@Suite struct RouteTests {
    @Test func routesTellWherePacketsGo() throws {
        let veth = InterfaceReference(name: "veth1", index: 7)
        let local = Route(prefix: try Prefix("10.1.0.2/32"), role: .workload, place: .local(veth))
        let remote = Route(
            prefix: try Prefix("10.2.0.0/24"), role: .workload, place: .remote(via: try IPAddress("192.168.0.2")),
            noDSR: true)
        #expect(local.description == "10.1.0.2/32 workload local veth1")
        #expect(remote.description == "10.2.0.0/24 workload via 192.168.0.2 no-dsr")
        #expect([local.isLocal, remote.isLocal] == [true, false])
        #expect([remote, local].sorted() == [local, remote])
    }

    @Test func interfacesAreShownByNameElseIndex() {
        #expect(InterfaceReference(name: "eth0", index: 2).description == "eth0")
        #expect(InterfaceReference(name: nil, index: 2).description == "#2")
        #expect(InterfaceReference(name: nil, index: nil).description == "<none>")
    }

    @Test(arguments: ["eth0", "a", "enp0s31f6.1000", "vxlan.calico-15", "höst"])
    func namesTheKernelAllowsAreTaken(name: String) throws {
        #expect(try InterfaceReference(name) == InterfaceReference(name: name, index: nil))
    }

    @Test(arguments: ["", ".", "..", "a/b", "a:b", "a b", "a\tb", "abcdefghijklmnop"])
    func otherNamesAreRefused(name: String) {
        let shown = name == "a\tb" ? #"a\tb"# : name
        #expect(
            refusal { try InterfaceReference(name) }
                == "invalid interface name '\(shown)': must be 1…15 bytes without spaces, '/' and ':'")
    }
}
