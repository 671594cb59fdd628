// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What uname(2) says about the running kernel.
package struct KernelRelease: Hashable, Sendable {
    /// As distributions spell it, such as `5.10.0-28-amd64`.
    package let release: String

    /// The build, such as `#1 SMP PREEMPT_DYNAMIC Debian …`.
    package let version: String

    /// Such as `x86_64`.
    package let machine: String

    package init(release: String, version: String, machine: String) {
        self.release = release
        self.version = version
        self.machine = machine
    }

    package static func current() throws(SystemError) -> KernelRelease {
        var names = utsname()
        guard unsafe uname(&names) == 0 else { throw SystemError(.readKernelRelease, "", .current) }
        return KernelRelease(
            release: text(of: &names.release), version: text(of: &names.version),
            machine: text(of: &names.machine))
    }

    /// The first two numbers of ``release``, for display and for the baseline; nil when it does not start with them.
    ///
    /// Features are tried, never derived from this: distributions backport.
    package var number: (major: Int, minor: Int)? {
        let parts = release.split(separator: ".", maxSplits: 2).map { $0.prefix { $0.isASCII && $0.isNumber } }
        guard parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1]) else { return nil }
        return (major, minor)
    }

    private static func text<Field>(of field: inout Field) -> String {
        unsafe withUnsafeBytes(of: &field) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}

/// The kernel's lockdown mode, which can forbid BPF to read kernel memory.
package enum Lockdown: String, Hashable, Sendable {
    case off = "none"
    case integrity, confidentiality

    /// nil when the kernel has no lockdown or securityfs is not mounted.
    package static func current() -> Lockdown? {
        guard let text = try? Filesystem.readText("/sys/kernel/security/lockdown") else { return nil }
        return Lockdown(parsing: text)
    }

    /// Parses `none [integrity] confidentiality`: the mode in force stands in brackets.
    package init?(parsing text: String) {
        guard let mode = text.split(whereSeparator: \.isWhitespace).first(where: { $0.hasPrefix("[") }) else {
            return nil
        }
        self.init(rawValue: String(mode.drop { $0 == "[" }.prefix { $0 != "]" }))
    }
}

/// Settings of the kernel below `/proc/sys`; those below `net` are the calling thread's network namespace's.
package enum Sysctl {
    /// The value without its line end.
    ///
    /// - Parameter name: with slashes, since interface names contain dots: `net/ipv4/conf/eth0.5/rp_filter`.
    /// - Throws: ``SystemError`` with operation `readSetting`; `ENOENT` when the kernel has no such setting.
    package static func read(_ name: String) throws(SystemError) -> String {
        do throws(SystemError) {
            let text = try Filesystem.readText("/proc/sys/\(name)")
            return String(text.prefix { $0 != "\n" })
        } catch {
            throw SystemError(.readSetting, name, error.errno)
        }
    }

    /// Sets a value; some names take a list of numbers.
    package static func write(_ name: String, _ value: String) throws(SystemError) {
        do throws(SystemError) {
            try Filesystem.write(value, to: "/proc/sys/\(name)")
        } catch {
            throw SystemError(.writeSetting, name, error.errno)
        }
    }
}
