// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
internal import LinuxSystem

/// One BPF instruction in the kernel's encoding, for programs too small to be worth a compiler.
package struct Instruction: Hashable, Sendable {
    /// `struct bpf_insn` as one little-endian word: opcode, registers, offset, immediate.
    let encoded: UInt64

    package init(
        opcode: UInt8, destination: UInt8 = 0, source: UInt8 = 0, offset: Int16 = 0, immediate: Int32 = 0
    ) {
        let registers = UInt64(destination & 15) | UInt64(source & 15) << 4
        let upper = UInt64(UInt16(bitPattern: offset)) << 16 | UInt64(UInt32(bitPattern: immediate)) << 32
        encoded = (UInt64(opcode) | registers << 8 | upper).littleEndian
    }

    /// `register = immediate`, sign-extended to 64 bits.
    package static func move(_ register: UInt8, _ immediate: Int32) -> Instruction {
        Instruction(opcode: 0xb7, destination: register, immediate: immediate)
    }

    /// `register = source`, all 64 bits.
    package static func move(_ register: UInt8, from source: UInt8) -> Instruction {
        Instruction(opcode: 0xbf, destination: register, source: source)
    }

    /// Calls a helper by its number; arguments in registers 1 to 5, the answer in register 0.
    package static func call(_ helper: Int32) -> Instruction {
        Instruction(opcode: 0x85, immediate: helper)
    }

    /// Ends the program with the value of register 0.
    package static let exit = Instruction(opcode: 0x95)
}

extension Program {
    /// Loads a program made of instructions, without maps or type information.
    ///
    /// libbpf: `bpf_prog_load`.
    ///
    /// - Parameter name: at most 15 characters reach the kernel.
    /// - Throws: ``KernelError`` with detail `verifier` when the verifier refused it.
    package init(
        name: String, type: ProgramType, expectedAttachType: AttachType? = nil,
        instructions: [Instruction], license: String = "Dual BSD/GPL"
    ) throws(KernelError) {
        let log = VerifierLogBuffer(programs: 1)
        let words = instructions.map(\.encoded)
        let (answer, messages) = LibbpfOutput.capturing {
            Self.load(String(name.prefix(15)), type, expectedAttachType, words, license, log)
        }
        switch answer {
        case .success(let number):
            self.init(name: name, descriptor: Descriptor(owning: number))
        case .failure(let code):
            throw log.error(.loadProgram, name, programs: [name], code, messages)
        }
    }

    private static func load(
        _ name: String, _ type: ProgramType, _ attachType: AttachType?, _ words: [UInt64], _ license: String,
        _ log: borrowing VerifierLogBuffer
    ) -> Result<Int32, Errno> {
        var options = unsafe bpf_prog_load_opts()
        unsafe options.sz = size(bpf_prog_load_opts.self)
        if let attachType { unsafe options.expected_attach_type = bpf_attach_type(attachType.rawValue) }
        unsafe options.log_buf = log.start(of: 0)
        unsafe options.log_size = UInt32(log.length(of: 0))
        return unsafe words.withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: bpf_insn.self)
            return Result { () throws(Errno) in
                try attempt {
                    unsafe bpf_prog_load(bpf_prog_type(type.rawValue), name, license, start, words.count, &options)
                }
            }
        }
    }
}
