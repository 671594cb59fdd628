// SPDX-License-Identifier: Apache-2.0

import Testing

extension EndToEnd {
    /// A client outside, with replies that return by the node it sent to.
    @Suite(.sharedCluster) struct TunnelReturnTests {
        private let scenes: OutsideScenes

        init() throws {
            scenes = OutsideScenes(lab: try .shared())
            try scenes.lab.enable("--return", "tunnel")
            try scenes.lab.defineServedOnce()
        }

        @Test(arguments: OutsidePath.all)
        func aClientOutsideReachesABackendWhichSeesItsAddress(path: OutsidePath) throws {
            try scenes.expectAnswers(path)
        }

        @Test(arguments: ClusterLab.Family.allCases)
        func repliesReturnThroughTheTunnelAndTheFirstNode(family: ClusterLab.Family) throws {
            #expect(try scenes.replies(OutsidePath(served: .node2, family: family), to: 25) == .tunnel(25))
        }

        @Test(arguments: OutsidePath.all)
        func aMegabyteEachWayThrough1500ByteUplinksLosesNothing(path: OutsidePath) throws {
            try scenes.expectALosslessMegabyte(path)
        }

        @Test(arguments: OutsidePath.all)
        func datagramsInFragmentsAreAnswered(path: OutsidePath) throws {
            try scenes.expectFragmentsToBeAnswered(path)
        }

        @Test(arguments: ClusterLab.Family.allCases)
        func aDatagramThatDoesNotFitTheTunnelIsRefusedWithTheMTUThatDoes(family: ClusterLab.Family) throws {
            try scenes.expectTheMTUOfTheTunnel(family)
        }

        @Test(arguments: OutsidePath.all)
        func aClosedPortOfThePodIsToldToTheClient(path: OutsidePath) throws {
            try scenes.expectRefusalByAClosedPort(path)
        }

        @Test(arguments: OutsidePath.all)
        func aRouterThatWantsSmallerPacketsIsHeardByThePod(path: OutsidePath) throws {
            try scenes.expectThePodToHearOfASmallerMTU(path)
        }

        /// Through the tunnel the reply would pass another hop.
        @Test(arguments: ClusterLab.Family.allCases)
        func aReplyThatOutlivesItsHopLimitIsToldToThePod(family: ClusterLab.Family) throws {
            try scenes.expectThePodToHearOfAnExceededHopLimit(OutsidePath(served: .node1, family: family))
        }

        @Test(arguments: ClusterLab.Family.allCases)
        func tunnelPacketsFromAnUnknownAddressAreDroppedAndCounted(family: ClusterLab.Family) throws {
            let lab = scenes.lab
            let before = try lab.packets("overlay-unknown-sender", on: .node1)
            let flows = try lab.packets("new-connection", on: .node1)
            let address = try lab.address(of: .node1, family)
            _ = try lab.run(.tunnelPackets, address, "\(ClusterLab.Served.node1.port)", "3", on: .client)
            #expect(try eventually { try lab.packets("overlay-unknown-sender", on: .node1) == before + 3 })
            #expect(try lab.packets("new-connection", on: .node1) == flows)
        }
    }

    /// A client outside, with replies that leave the node of the backend directly.
    @Suite(.sharedCluster) struct DirectReturnTests {
        private let scenes: OutsideScenes

        init() throws {
            scenes = OutsideScenes(lab: try .shared())
            try scenes.lab.enable("--return", "dsr")
            try scenes.lab.defineServedOnce()
        }

        @Test(arguments: OutsidePath.all)
        func aClientOutsideReachesABackendWhichSeesItsAddress(path: OutsidePath) throws {
            try scenes.expectAnswers(path)
        }

        @Test(arguments: ClusterLab.Family.allCases)
        func repliesLeaveTheNodeOfTheBackendDirectly(family: ClusterLab.Family) throws {
            #expect(try scenes.replies(OutsidePath(served: .node2, family: family), to: 25) == .direct(25))
        }

        @Test(arguments: OutsidePath.all)
        func aMegabyteEachWayThrough1500ByteUplinksLosesNothing(path: OutsidePath) throws {
            try scenes.expectALosslessMegabyte(path)
        }

        @Test(arguments: OutsidePath.all)
        func datagramsInFragmentsAreAnswered(path: OutsidePath) throws {
            try scenes.expectFragmentsToBeAnswered(path)
        }

        @Test(arguments: ClusterLab.Family.allCases)
        func aDatagramThatDoesNotFitTheTunnelIsRefusedWithTheMTUThatDoes(family: ClusterLab.Family) throws {
            try scenes.expectTheMTUOfTheTunnel(family)
        }

        @Test(arguments: OutsidePath.all)
        func aClosedPortOfThePodIsToldToTheClient(path: OutsidePath) throws {
            try scenes.expectRefusalByAClosedPort(path)
        }

        @Test(arguments: OutsidePath.all)
        func aRouterThatWantsSmallerPacketsIsHeardByThePod(path: OutsidePath) throws {
            try scenes.expectThePodToHearOfASmallerMTU(path)
        }

        @Test(arguments: OutsidePath.all)
        func aReplyThatOutlivesItsHopLimitIsToldToThePod(path: OutsidePath) throws {
            try scenes.expectThePodToHearOfAnExceededHopLimit(path)
        }

        @Test func clientsInANoDSRPrefixGetTheirRepliesThroughTheTunnel() throws {
            try scenes.lab.enable("--return", "dsr", "--no-dsr", "192.0.2.0/24", "--no-dsr", "2001:db8:c::/64")
            // A datagram from a port that an earlier test's flow had would belong to that flow, and return as it does.
            try scenes.lab.everywhere(["conntrack", "delete", "--all"])
            for family in ClusterLab.Family.allCases {
                let count = try scenes.replies(OutsidePath(served: .node2, family: family), to: 25)
                #expect(count == .tunnel(25), "\(family)")
            }
        }
    }
}
