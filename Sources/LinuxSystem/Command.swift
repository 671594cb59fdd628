// SPDX-License-Identifier: Apache-2.0

import CLinuxShim
import Glibc

/// A program to be run, with the surroundings it gets between fork and exec.
package struct Command: Hashable, Sendable {
    /// Where a standard stream leads.
    package enum Stream: Hashable, Sendable {
        case null
        case inherited
        /// To this process: ``ChildProcess`` holds the other end. For input there is no pipe: use ``bytes(_:)``.
        case pipe
        /// For input: all that there is to read, held in memory.
        case bytes([UInt8])
        /// A file, made anew and emptied for output.
        case file(String)
    }

    /// A filesystem that only the program sees, mounted in the order given.
    package struct PrivateMount: Hashable, Sendable {
        package var type: String
        package var path: String

        package init(type: String, path: String) {
            self.type = type
            self.path = path
        }
    }

    /// The file of this very program, also when it was moved or replaced since it started.
    package static let ownExecutable = "/proc/self/exe"

    /// Absolute; no search.
    package var path: String

    /// Without the program's own name, which ``name`` gives.
    package var arguments: [String]

    /// `argv[0]`.
    package var name: String

    /// nil passes this process's environment on.
    package var environment: [String: String]?

    package var input = Stream.null
    package var output = Stream.inherited
    package var error = Stream.inherited

    /// A cgroup2 directory that the program is in from its first instruction on.
    package var cgroup: String?

    package var privateMounts: [PrivateMount] = []

    /// Kills the program when the thread that started it ends.
    package var diesWithParent = true

    /// The program leads a process group, which a terminal's Ctrl-C does not reach and ``ChildProcess/kill()`` does.
    package var leadsGroup = true

    package init(_ path: String, _ arguments: [String] = []) {
        self.path = path
        self.arguments = arguments
        name = path
    }
}

extension Command {
    /// Starts the program in this process's own namespaces.
    ///
    /// - Throws: ``SystemError`` whose subject tells which step failed: the program, the cgroup, the namespace.
    package func start() throws(SystemError) -> ChildProcess {
        try start(networkNamespace: -1)
    }

    /// Starts the program in a network namespace.
    package func start(in namespace: borrowing NetworkNamespace) throws(SystemError) -> ChildProcess {
        try start(networkNamespace: namespace.descriptor.rawValue)
    }

    private func start(networkNamespace: Int32) throws(SystemError) -> ChildProcess {
        let standardInput = try Plumbing(input, standard: 0)
        let standardOutput = try Plumbing(output, standard: 1)
        let standardError = try Plumbing(error, standard: 2)
        var processes: Int32 = -1
        if let cgroup {
            processes = try Descriptor(opening: "\(cgroup)/cgroup.procs", flags: O_WRONLY).release()
        }
        defer { if processes >= 0 { close(processes) } }
        let streams = (standardInput.childEnd, standardOutput.childEnd, standardError.childEnd)
        let id = try spawn(streams, networkNamespace: networkNamespace, cgroupProcesses: processes)
        return try ChildProcess(
            id: id, name: name, leadsGroup: leadsGroup, output: standardOutput.takeOwnEnd(),
            error: standardError.takeOwnEnd())
    }

    private func spawn(
        _ standard: (Int32, Int32, Int32), networkNamespace: Int32, cgroupProcesses: Int32
    ) throws(SystemError) -> Int32 {
        let argumentList = CStringList([name] + arguments)
        let environmentList = environment.map { CStringList($0.map { "\($0.key)=\($0.value)" }.sorted()) }
        let mountWords = CStringList(privateMounts.flatMap { [$0.type, $0.path] })
        let mounts = unsafe mountWords.shimMounts
        let path = CStringList([path])
        var failedStep = SHIM_SPAWN_FORK
        let id = unsafe mounts.withUnsafeBufferPointer { mounts in
            guard let program = unsafe path.pointers[0], let arguments = unsafe argumentList.base else {
                return Int32(-1)
            }
            let environment = unsafe environmentList?.base ?? environ
            var what = unsafe shim_spawn(
                path: program, arguments: arguments, environment: environment, standard: standard,
                network_namespace: networkNamespace, cgroup_processes: cgroupProcesses, own_mounts: 0,
                mounts: mounts.baseAddress, mount_count: mounts.count,
                parent_death_signal: diesWithParent ? SIGKILL : 0, new_group: leadsGroup ? 1 : 0)
            return unsafe shim_spawn_process(&what, &failedStep)
        }
        let failure = Errno.current
        withExtendedLifetime((argumentList, environmentList, mountWords, path)) {}
        guard id > 0 else { throw SystemError(.startProcess, subject(of: failedStep), failure) }
        return id
    }

    private func subject(of step: shim_spawn_step) -> String {
        switch step {
        case SHIM_SPAWN_CGROUP: "\(path) in cgroup \(cgroup ?? "")"
        case SHIM_SPAWN_NAMESPACE: "\(path) in its network namespace"
        case SHIM_SPAWN_MOUNT: "\(path) with mounts of its own"
        default: path
        }
    }
}

/// The child's end of one standard stream, and for a pipe this process's end.
private final class Plumbing {
    /// -1 for `/dev/null`.
    let childEnd: Int32
    private let ownsChildEnd: Bool
    private var ownEnd: Int32 = -1

    init(_ stream: Command.Stream, standard: Int32) throws(SystemError) {
        switch stream {
        case .null: childEnd = -1
        case .inherited: childEnd = standard
        case .file(let path):
            let flags = standard == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC
            childEnd = try Descriptor(opening: path, flags: flags).release()
        case .bytes(let bytes):
            guard standard == 0 else { throw SystemError(.startProcess, "standard output", .invalidArgument) }
            childEnd = try Descriptor.memory(holding: bytes).release()
        case .pipe:
            guard standard != 0 else { throw SystemError(.startProcess, "standard input", .invalidArgument) }
            let pipe = try Descriptor.pipe()
            let (reading, writing) = pipe.release()
            childEnd = writing
            ownEnd = reading
        }
        ownsChildEnd = childEnd >= 0 && stream != .inherited
    }

    deinit {
        if ownsChildEnd { close(childEnd) }
        if ownEnd >= 0 { close(ownEnd) }
    }

    func takeOwnEnd() -> Int32? {
        guard ownEnd >= 0 else { return nil }
        defer { ownEnd = -1 }
        return ownEnd
    }
}

/// A null-terminated array of C strings.
@safe
private final class CStringList {
    let pointers: UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>

    init(_ strings: [String]) {
        unsafe pointers = .allocate(capacity: strings.count + 1)
        unsafe pointers.initialize(repeating: nil)
        for (index, string) in strings.enumerated() { unsafe pointers[index] = unsafe strdup(string) }
    }

    deinit {
        for index in unsafe pointers.indices { unsafe free(pointers[index]) }
        unsafe pointers.deallocate()
    }

    var base: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? { unsafe pointers.baseAddress }

    /// The strings in pairs of type and target.
    var shimMounts: [shim_mount] {
        var mounts: [shim_mount] = unsafe []
        for index in stride(from: 0, to: unsafe pointers.count - 1, by: 2) {
            guard let type = unsafe pointers[index], let target = unsafe pointers[index + 1] else { continue }
            unsafe mounts.append(shim_mount(type: type, target: target))
        }
        return unsafe mounts
    }
}
