// SPDX-License-Identifier: Apache-2.0

/// A refused request to the kernel: what was tried, on what, and the kernel's answer.
///
/// It carries data only; the sentence is in `SystemError+Text.swift`.
package struct SystemError: Error, Hashable, Sendable {
    package let operation: SystemOperation

    /// What the operation was applied to: a path, a link name, a prefix, a program.
    package let subject: String

    package let errno: Errno

    /// The kernel's own explanation where netlink gave one (extended acknowledgement), else nil.
    package let detail: String?

    package init(_ operation: SystemOperation, _ subject: String, _ errno: Errno, detail: String? = nil) {
        self.operation = operation
        self.subject = subject
        self.errno = errno
        self.detail = detail
    }
}

/// Everything that `LinuxSystem` asks of the kernel, named for messages and for decisions.
package enum SystemOperation: String, Hashable, Sendable, CaseIterable {
    case openFile, readFile, writeFile, listDirectory, makeDirectory, removeDirectory, removeFile, rename
    case resolvePath, inspectPath
    case mount, unmount, readMounts
    case openNetlink, listLinks, listAddresses, listRoutes, listRules, listNeighbours
    case addLink, deleteLink, changeLink, moveLink
    case addAddress, deleteAddress, addRoute, deleteRoute, addNeighbour, deleteNeighbour
    case openNamespace, createNamespace, deleteNamespace, enterNamespace
    case startProcess, waitForProcess, signalProcess, readProcesses
    case readCapabilities, readSetting, writeSetting, readKernelRelease
    case lock, watchSignals
    case listSockets, destroySocket
    case readTable, deleteTable, listVirtualServers, deleteVirtualServer
    case createSocket, inspectSocket, bindSocket, listenOnSocket, connectSocket, send, receive, poll
}
