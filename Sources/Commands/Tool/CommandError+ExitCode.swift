// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
package import CommandLineKit
import Dataplane
import LinuxSystem
import Topology

extension CommandError {
    /// The code that scripts see; the whole contract is in `docs/exit-codes.md`.
    package var exitCode: ExitCode {
        switch self {
        case .usage, .input, .selection: .usage
        case .document(let error, _): error.exitCode
        case .objects, .unfit: .usage
        case .missingCapabilities: .notPermitted
        case .notEligible, .nothingServed: .notSupported
        case .dataplane(let error): error.exitCode
        case .unknownLab: .notFound
        case .output, .interrupted, .stepFailed, .kubeProxyLeft, .unexpected: .failure
        }
    }
}

extension DocumentError {
    /// A file that is not there, or no file, is as bad an input as one that means nothing.
    fileprivate var exitCode: ExitCode {
        guard case .unreadable(let errno) = problem else { return .usage }
        switch errno {
        case .noEntry, .isDirectory, .notDirectory, .nameTooLong: return .usage
        default: return errno.exitCode
        }
    }
}

extension DataplaneError {
    fileprivate var exitCode: ExitCode {
        switch self {
        case .notEnabled, .unknownInterface, .unknownService, .unknownBackend, .unknownFrontend, .unknownConnection,
            .unknownRoute,
            .unknownProgram, .notAttached:
            .notFound
        case .topology(.unknownUplink): .notFound
        case .unsupportedABI, .topology(.noUplink), .noCgroup, .connectTimeOff, .familyNotEnabled, .tracingUnknown:
            .notSupported
        case .invalidService, .nodePortOutOfRange, .wrongHook, .wrongHeader, .mixedFamilies, .tooManyServicePorts:
            .usage
        case .privateMountNamespace, .occupiedMountPoint, .notBPFFilesystem, .damaged, .foreignPins, .locked,
            .frontendTaken,
            .duplicateBackend, .mapFull, .mapTooSmall, .alreadyAttached, .leftovers, .foreignOverlay, .overlayPortTaken,
            .derivedRoute, .tracingTaken, .otherNamespace:
            .failure
        case .kernel(let error): error.exitCode
        case .system(let error): error.errno.exitCode
        }
    }
}

extension KernelError {
    /// A verifier that refuses a program is a kernel that lacks what the program needs, whatever its number says.
    fileprivate var exitCode: ExitCode { log == nil ? errno.exitCode : .notSupported }
}

extension Errno {
    fileprivate var exitCode: ExitCode {
        switch self {
        case .notPermitted, .accessDenied: .notPermitted
        case .notSupported, .notSupportedByKernel, .notImplemented: .notSupported
        default: .failure
        }
    }
}
