// SPDX-License-Identifier: Apache-2.0

package import BPFRuntime
package import DataplaneModel
package import LinuxSystem
package import Topology

/// Why the dataplane could not do what was asked; the words are the commands' business.
package enum DataplaneError: Error, Hashable, Sendable {
    /// No dataplane is pinned under this bpffs.
    case notEnabled(bpffs: String)
    /// The directory is not a bpffs, and one mounted there would vanish with this mount namespace.
    case privateMountNamespace(path: String)
    /// The directory is no bpffs, and one mounted there would hide the files in it.
    case occupiedMountPoint(path: String)
    /// Something other than a bpffs is mounted, or lies, where it should be.
    case notBPFFilesystem(path: String)
    /// The pinned maps were written by a tool that counts ABI versions differently.
    case unsupportedABI(found: UInt32, supported: UInt32, tool: String)
    /// A pinned map lacks or has another shape than this version's; `meta` says this version wrote it.
    case damaged(pin: String)
    /// Files in the pin directory that this tool did not put there.
    case foreignPins([String])
    /// Another command holds the lock, perhaps for as long as it waits for connections to end.
    case locked(by: Int32?, isDraining: Bool = false)
    /// The interfaces do not allow a dataplane.
    case topology(TopologyError)
    /// A device of somebody else has the name of the overlay's; the kind is nil for hardware.
    case foreignOverlay(name: String, kind: String?)
    /// Another VXLAN device or process has the overlay's UDP port.
    case overlayPortTaken(UInt16)
    /// The dataplane was enabled in another network namespace, to which the path leads: what is attached is there.
    case otherNamespace(path: String)
    /// No cgroup2 hierarchy is mounted, which connect-time balancing needs.
    case noCgroup
    /// The programs were loaded for `--connect-time off` and would do nothing.
    case connectTimeOff
    case unknownInterface(String)
    /// No service has this name; `ports` are those of a service whose name was given without one.
    case unknownService(ServiceName, ports: [ServiceName] = [])
    case unknownBackend(ServiceName, Endpoint)
    /// No service is reached so; the others are frontends of the same address, or the node port of another node.
    case unknownFrontend(String, others: [String])
    case unknownConnection(ConnectionKey)
    case unknownRoute(Prefix)
    /// The entry follows from others and goes with the last of them.
    case derivedRoute(Prefix)
    case unknownProgram(String, known: [String])
    case frontendTaken(Frontend, by: ServiceName?)
    /// `enable` was told to leave the address family alone in which the frontend would have to be served.
    case familyNotEnabled(Frontend, AddressFamily)
    /// `enable` was told that node ports lie in another range.
    case nodePortOutOfRange(NodePort, PortRange)
    case duplicateBackend(ServiceName, Endpoint)
    case invalidService(InvalidService)
    /// A map has no room for what was asked; nothing was written.
    case mapFull(map: String, needed: Int, free: Int)
    /// What a map holds would not fit into one of the size that was asked for; nothing was changed.
    case mapTooSmall(map: String, wanted: Int, used: Int)
    /// The map's keys hold one family, the node's address is of the other.
    case mixedFamilies(Route)
    /// A program of this name is attached there already.
    case alreadyAttached(program: String, to: String)
    case notAttached(program: String, to: String)
    /// The program's hook is another one.
    case wrongHook(program: String, hook: String)
    /// The interface's packets begin otherwise than the program expects; `instead` is the variant for it.
    case wrongHeader(program: String, interface: String, instead: String?)
    /// Another process is told what the programs do.
    case tracingTaken(by: Int32)
    /// The programs were loaded by a version that knew no tracing, so the map is missing; they were enabled with these
    /// words.
    case tracingUnknown(map: String, configuration: [String])
    /// A filter can name only so many.
    case tooManyServicePorts(ServiceName, Int, limit: Int)
    /// A change failed, and these of its steps could not be taken back.
    case leftovers([String], after: String)
    case kernel(KernelError)
    case system(SystemError)
}

/// Runs a piece of work of the layer below and lifts its error.
func kernel<Result: ~Copyable>(
    _ work: () throws(KernelError) -> Result
) throws(DataplaneError) -> Result {
    do { return try work() } catch { throw .kernel(error) }
}

/// As ``kernel(_:)``.
func system<Result: ~Copyable>(
    _ work: () throws(SystemError) -> Result
) throws(DataplaneError) -> Result {
    do { return try work() } catch { throw .system(error) }
}
