// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem

/// The objects of a cluster as `kubectl get services,endpointslices,nodes -A -o json` prints them, without indentation.
struct SyntheticCluster {
    let services: Int
    let endpoints: Int
    let nodes: Int
    /// The service whose first endpoint has another address than it would have.
    private var moved: Int?

    init(services: Int, endpoints: Int, nodes: Int) {
        self.services = services
        self.endpoints = endpoints
        self.nodes = nodes
    }

    /// The same but for one endpoint of a service.
    func moving(endpoint service: Int) -> SyntheticCluster {
        var other = self
        other.moved = service
        return other
    }

    /// - Returns: how many bytes were written.
    func write(to path: String) throws(SystemError) -> Int {
        let file = try Descriptor(opening: path, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        var buffer = Array(#"{"apiVersion":"v1","items":["#.utf8)
        var total = 0
        func flush() throws(SystemError) {
            total += buffer.count
            try file.write(buffer, to: path)
            buffer.removeAll(keepingCapacity: true)
        }
        for number in 0..<(2 * services + nodes) {
            if number > 0 { buffer.append(UInt8(ascii: ",")) }
            let object =
                number < services
                ? service(number)
                : number < 2 * services ? slice(number - services) : node(number - 2 * services)
            buffer += Array(object.utf8)
            if buffer.count > 1 << 20 { try flush() }
        }
        buffer += Array(#"],"kind":"List","metadata":{"resourceVersion":""}}"#.utf8)
        try flush()
        return total
    }

    private func address(_ base: UInt32, _ number: Int) -> String {
        let value = base + UInt32(number)
        return "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)"
    }

    private func metadata(_ name: String, _ more: String) -> String {
        #""metadata":{"creationTimestamp":"2026-01-01T00:00:00Z","name":"\#(name)","namespace":"bench","#
            + #""resourceVersion":"1234567","uid":"6f1c9b1e-8a53-4b9e-9d0b-0c4f5e6a7b8c"\#(more)},"#
    }

    private func service(_ number: Int) -> String {
        let ip = address(0x0a60_0001, number)
        return #"{"apiVersion":"v1","kind":"Service","#
            + metadata("s\(number)", #","labels":{"app":"s\#(number)","team":"bench"}"#)
            + #""spec":{"clusterIP":"\#(ip)","clusterIPs":["\#(ip)"],"internalTrafficPolicy":"Cluster","#
            + #""ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","ports":[{"name":"http","port":80,"#
            + #""protocol":"TCP","targetPort":8080}],"selector":{"app":"s\#(number)"},"sessionAffinity":"None","#
            + #""type":"ClusterIP"},"status":{"loadBalancer":{}}}"#
    }

    private func slice(_ number: Int) -> String {
        let members = (0..<endpoints).map { index -> String in
            let place = number * endpoints + index
            // Twenty pods on a node; one that has moved has an address that no other has.
            let host = place / 20 % nodes
            let isMoved = moved == number && index == 0
            let ip = isMoved ? "10.255.0.1" : address(0x0a80_0000 + UInt32(host) * 256, place % 20 + 2)
            return #"{"addresses":["\#(ip)"],"conditions":{"ready":true,"serving":true,"terminating":false},"#
                + #""nodeName":"node-\#(host)","targetRef":{"kind":"Pod","name":"s\#(number)-7d4b9c6f5-\#(index)","#
                + #""namespace":"bench","uid":"0e7d6f5c-4b3a-4291-8f0e-1d2c3b4a5968"},"zone":"zone-\#(host % 3)"}"#
        }
        return
            #"{"addressType":"IPv4","apiVersion":"discovery.k8s.io/v1","endpoints":[\#(members.joined(separator: ","))],"#
            + #""kind":"EndpointSlice","#
            + metadata(
                "s\(number)-x7k2p",
                #","labels":{"endpointslice.kubernetes.io/managed-by":"endpointslice-controller.k8s.io","#
                    + #""kubernetes.io/service-name":"s\#(number)"},"ownerReferences":[{"apiVersion":"v1","#
                    + #""kind":"Service","name":"s\#(number)","uid":"6f1c9b1e-8a53-4b9e-9d0b-0c4f5e6a7b8c"}]"#)
            + #""ports":[{"name":"http","port":8080,"protocol":"TCP"}]}"#
    }

    private func node(_ number: Int) -> String {
        let conditions = ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"].map { type in
            #"{"lastHeartbeatTime":"2026-01-01T00:00:00Z","message":"kubelet has said so","reason":"KubeletSays","#
                + #""status":"False","type":"\#(type)"}"#
        }
        // A kubelet names the fifty largest.
        let images = (0..<25).map { index in
            #"{"names":["registry.example.com/bench/image-\#(index)@sha256:6f1c9b1e8a534b9e9d0b0c4f5e6a7b8c6f1c9b1e8a53"#
                + #"4b9e9d0b0c4f5e6a7b8c","registry.example.com/bench/image-\#(index):v1"],"sizeBytes":123456789}"#
        }
        return #"{"apiVersion":"v1","kind":"Node","#
            + #""metadata":{"labels":{"kubernetes.io/hostname":"node-\#(number)","#
            + #""topology.kubernetes.io/zone":"zone-\#(number % 3)"},"name":"node-\#(number)"},"#
            + #""spec":{"podCIDR":"\#(address(0x0a80_0000, number * 256))/24","#
            + #""podCIDRs":["\#(address(0x0a80_0000, number * 256))/24"]},"#
            + #""status":{"addresses":[{"address":"\#(address(0xac10_0001, number))","type":"InternalIP"},"#
            + #"{"address":"node-\#(number)","type":"Hostname"}],"conditions":[\#(conditions.joined(separator: ","))],"images":[\#(images.joined(separator: ","))],"#
            + #""nodeInfo":{"architecture":"amd64","kernelVersion":"6.12.0","kubeletVersion":"v1.34.0"}}}"#
    }
}
