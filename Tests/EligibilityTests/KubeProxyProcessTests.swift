// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing

@testable import Eligibility

@Suite struct KubeProxyProcessTests {
    @Test(arguments: [
        ("kube-proxy", "/usr/local/bin/kube-proxy --config=/var/lib/kube-proxy/config.conf", true),
        // A wrapper that goes by another command name, and one that is only recognised by that.
        ("proxy", "/snap/kube-proxy --v=2", true), ("kube-proxy", "", true),
        ("hyperkube", "/hyperkube kube-proxy --kubeconfig=/k", true), ("hyperkube", "/hyperkube kubelet", false),
        ("k3s-server", "/usr/local/bin/k3s server", false), ("kubelet", "/usr/bin/kubelet", false),
        ("vi", "vi kube-proxy", false), ("tail", "tail -f /var/log/kube-proxy", false),
        ("kube-proxy-metr", "/kube-proxy-metrics", false), ("sh", "sh -c /usr/bin/kube-proxy", false),
    ])
    func isToldByItsNameOrItsFirstWords(name: String, line: String, isKubeProxy: Bool) {
        let arguments = line.split(separator: " ").map(String.init)
        let process = RunningProcess(id: 1, name: name, arguments: arguments)
        #expect(process.isKubeProxy == isKubeProxy)
    }

    @Test func aProcessIsOfThisNodeByItsNetworkNamespace() throws {
        let own = try #require(RunningProcess(id: RunningProcess.ownID))
        #expect(own.isOnThisNetwork)
        let gone = RunningProcess(id: Int32.max, name: "kube-proxy", arguments: [])
        #expect(!gone.isOnThisNetwork)
    }
}
