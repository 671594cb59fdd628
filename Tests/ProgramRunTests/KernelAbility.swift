// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import DataplaneModel
import LinuxSystem
import TestSupport
import Testing

@testable import Dataplane

/// What a test needs and not every supported kernel has, found by trying.
enum KernelAbility {
    /// Whether a program run can say by which interface a packet that leaves came in.
    static let ingressOfRuns = {
        guard KernelAccess.isGranted else { return true }
        do {
            let bench = try ProgramBench(["to_uplink"], .v4)
            _ = try bench.run([[UInt8](repeating: 0, count: 64)], by: "to_uplink", ingress: bench.node.pods[0])
            return true
        } catch {
            return (error as? KernelError)?.errno != .invalidArgument
        }
    }()
}

extension Trait where Self == ConditionTrait {
    static var needsIngressOfRuns: Self {
        .enabled(if: KernelAbility.ingressOfRuns, "program runs cannot name the ingress interface (Linux 5.17)")
    }

    static var needsReturnValue: Self {
        .enabled(if: KernelFeatures.current.setReturnValue, "programs cannot set the error of a call (Linux 5.18)")
    }
}
