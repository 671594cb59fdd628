// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
import Glibc
internal import LinuxSystem

/// What this kernel and this process can do with BPF, found by trying; nothing tried stays or is seen by anyone.
package enum Probe {
    /// The bpf(2) system call as such.
    package static func systemCall() -> Support {
        var next: UInt32 = 0
        return switch (failure { unsafe bpf_prog_get_next_id(0, &next) }) {
        case nil, .noEntry: .supported
        case .notImplemented: .unsupported
        case .some(let code): .refused(code)
        }
    }

    /// libbpf: `libbpf_probe_bpf_prog_type`.
    package static func programType(_ type: ProgramType) -> Support {
        answer { libbpf_probe_bpf_prog_type(bpf_prog_type(type.rawValue), nil) }
    }

    /// libbpf: `libbpf_probe_bpf_map_type`.
    package static func mapType(_ type: MapType) -> Support {
        answer { libbpf_probe_bpf_map_type(bpf_map_type(type.rawValue), nil) }
    }

    /// Whether programs of `type` may call the helper with this number (`enum bpf_func_id`).
    ///
    /// libbpf's own probe reads the verifier's message; newer kernels (6.18) word it otherwise, and then it takes
    /// every helper for supported. The error number tells it as well: `EINVAL` for an unknown or forbidden helper,
    /// `EACCES` for one that is missing its arguments.
    package static func helper(
        _ number: UInt32, in type: ProgramType, attachType: AttachType? = nil
    ) -> Support {
        let attachType = attachType ?? (type == .cgroupSockAddr ? .cgroupConnect4 : nil)
        let call = Instruction.call(Int32(truncatingIfNeeded: number))
        do {
            _ = try Program(
                name: "probe", type: type, expectedAttachType: attachType, instructions: [call, .move(0, 1), .exit])
            return .supported
        } catch {
            guard error.log != nil else { return .refused(error.errno) }
            return error.errno == .accessDenied ? .supported : .unsupported
        }
    }

    /// Attachment by tcx, asked of an interface without attaching anything.
    ///
    /// - Parameter interface: loopback, unless told otherwise.
    package static func tcx(interface: UInt32 = 1) -> Support {
        do {
            _ = try HookPrograms.attached(toInterface: interface, direction: .ingress)
            return .supported
        } catch {
            return error.errno == .invalidArgument ? .unsupported : .refused(error.errno)
        }
    }

    /// Reading maps of a type in batches.
    package static func batchCommands(_ type: MapType) -> Support {
        do {
            let keySize = type == .lpmTrie ? 8 : 4
            let flags: UInt32 = type == .lpmTrie ? UInt32(BPF_F_NO_PREALLOC) : 0
            let definition = MapDefinition(name: "probe", type: type, keySize: keySize, valueSize: 8, maxEntries: 2)
            let map = try RawMap(creating: definition, flags: flags)
            let buffer = try EntryBuffer(for: map)
            var position = [UInt8](repeating: 0, count: 8)
            var count: UInt32 = 2
            let code = failure {
                unsafe bpf_map_lookup_batch(
                    map.descriptor.rawValue, nil, &position, buffer.keys.baseAddress, buffer.values.baseAddress,
                    &count, nil)
            }
            guard let code, code != .noEntry else { return .supported }
            return code.meansNoBatchCommand ? .unsupported : .refused(code)
        } catch {
            return .refused(error.errno)
        }
    }

    /// Attachment to a cgroup by a link: a program that allows everything is attached for an instant.
    ///
    /// - Parameter type: one of the socket address hooks.
    package static func cgroupAttachment(
        _ cgroup: String, as type: AttachType = .cgroupConnect4
    ) -> Support {
        do {
            let program = try Program(
                name: "probe", type: .cgroupSockAddr, expectedAttachType: type, instructions: [.move(0, 1), .exit])
            _ = try Link(attaching: program, cgroup: cgroup, as: type)
            return .supported
        } catch {
            return error.errno == .invalidArgument ? .unsupported : .refused(error.errno)
        }
    }

    /// The kernel's own type information, present and understood by this libbpf.
    ///
    /// libbpf: `btf__load_vmlinux_btf`.
    package static func kernelTypes() -> Support {
        let (answer, _) = unsafe LibbpfOutput.capturing {
            unsafe Result { () throws(Errno) in unsafe try attemptPointer { unsafe btf__load_vmlinux_btf() } }
        }
        switch unsafe answer {
        case .success(let types):
            unsafe btf__free(types)
            return .supported
        case .failure(let code):
            return code == .noEntry || code == .noProcess ? .unsupported : .refused(code)
        }
    }

    /// libbpf's probes answer 1 or 0, or a negative error; a lacking permission counts as 0 with them.
    private static func answer(_ call: () -> Int32) -> Support {
        let ((result, code), _) = LibbpfOutput.capturing { answerAndCode(call) }
        if result > 0 { return .supported }
        let isDenied = code == .notPermitted || code == .accessDenied
        let isUnknown = result == 0 ? !isDenied : code == .notSupported
        return isUnknown ? .unsupported : .refused(code)
    }
}
