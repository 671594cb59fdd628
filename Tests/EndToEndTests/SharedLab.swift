// SPDX-License-Identifier: Apache-2.0

import Testing

/// Gives all tests of a suite one lab, which is taken away after the last of them.
struct SharedLab: SuiteTrait, TestScoping {
    @TaskLocal fileprivate static var current: HandmadeLab?

    /// The dataplane is enabled and serves ``HandmadeLab/serviceWords``.
    var isServing = false

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let lab = try HandmadeLab()
        defer { lab.remove() }
        if isServing { try lab.serve() }
        try await Self.$current.withValue(lab) { try await function() }
    }
}

extension Trait where Self == SharedLab {
    static var sharedLab: Self { SharedLab() }
    static var servingLab: Self { SharedLab(isServing: true) }
}

extension HandmadeLab {
    /// The lab of the suite that the calling test is in.
    static func shared(sourceLocation: SourceLocation = #_sourceLocation) throws -> HandmadeLab {
        try #require(SharedLab.current, "the suite lacks the trait .sharedLab", sourceLocation: sourceLocation)
    }

    static let virtualAddress = "10.96.0.10:80"
    static let virtualAddress6 = "[fd96::a]:80"

    /// A service of all kinds of frontends that the pods and the machine beyond the uplink serve.
    static let serviceWords =
        ["service", "set", "default/echo"]
        + ["tcp", "udp"].flatMap { ["--vip", "\(virtualAddress)/\($0)", "--vip", "\(virtualAddress6)/\($0)"] }
        + [Machine.pod2, .pod3, .remote].flatMap { machine in
            [false, true].flatMap { ["--backend", backend(on: machine, isIPv6: $0)] }
        }

    /// Enables the dataplane, with further options, and defines the service.
    func serve(_ options: String...) throws {
        try succeed(Self.enableWords + options)
        try succeed(Self.serviceWords)
    }
}
