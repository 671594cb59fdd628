// SPDX-License-Identifier: Apache-2.0

extension SystemError: CustomStringConvertible {
    /// One line without full stop: `cannot open '/run/x': permission denied`, the kernel's detail in parentheses.
    package var description: String {
        let explanation = detail.map { " (\($0))" } ?? ""
        let object = subject.isEmpty ? "" : " '\(subject)'"
        return "cannot \(operation.phrase)\(object): \(errno.message)\(explanation)"
    }
}

extension SystemOperation {
    /// The operation as it stands after "cannot" and before its subject.
    package var phrase: String {
        switch self {
        case .openFile: "open"
        case .readFile: "read"
        case .writeFile: "write"
        case .listDirectory: "list directory"
        case .makeDirectory: "make directory"
        case .removeDirectory: "remove directory"
        case .removeFile: "remove"
        case .rename: "rename"
        case .resolvePath: "resolve"
        case .inspectPath: "look at"
        case .mount: "mount"
        case .unmount: "unmount"
        case .readMounts: "read the mount table"
        case .openNetlink: "open a netlink socket"
        case .listLinks: "list links"
        case .listAddresses: "list addresses"
        case .listRoutes: "list routes"
        case .listRules: "list routing rules"
        case .listNeighbours: "list neighbours"
        case .addLink: "add link"
        case .deleteLink: "delete link"
        case .changeLink: "change link"
        case .moveLink: "move link"
        case .addAddress: "add address"
        case .deleteAddress: "delete address"
        case .addRoute: "add route"
        case .deleteRoute: "delete route"
        case .addNeighbour: "add neighbour"
        case .deleteNeighbour: "delete neighbour"
        default: otherPhrase
        }
    }

    private var otherPhrase: String {
        switch self {
        case .openNamespace: "open network namespace"
        case .createNamespace: "create network namespace"
        case .deleteNamespace: "delete network namespace"
        case .enterNamespace: "enter network namespace"
        case .startProcess: "start"
        case .waitForProcess: "wait for"
        case .signalProcess: "signal"
        case .readProcesses: "read the process table"
        case .readCapabilities: "read capabilities"
        case .readSetting: "read setting"
        case .writeSetting: "write setting"
        case .readKernelRelease: "read the kernel release"
        case .lock: "lock"
        case .watchSignals: "watch signals"
        case .listSockets: "list sockets of"
        case .destroySocket: "end the socket connected to"
        case .readTable: "read nftables table"
        case .deleteTable: "delete nftables table"
        case .listVirtualServers: "list virtual servers"
        case .deleteVirtualServer: "delete virtual server"
        case .createSocket: "create socket"
        case .inspectSocket: "inspect"
        case .bindSocket: "bind socket to"
        case .listenOnSocket: "listen on"
        case .connectSocket: "connect to"
        case .send: "send to"
        case .receive: "receive from"
        case .poll: "wait for input on"
        default: rawValue
        }
    }
}
