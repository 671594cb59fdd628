// SPDX-License-Identifier: Apache-2.0

import Testing

/// Gives all tests of a suite one lab, which is taken away after the last of them.
struct SharedLab: SuiteTrait, TestScoping {
    @TaskLocal fileprivate static var current: HandmadeLab?

    var layout = HandmadeLab.Layout.routed

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let lab = try HandmadeLab(layout)
        defer { lab.remove() }
        try await Self.$current.withValue(lab) { try await function() }
    }
}

extension Trait where Self == SharedLab {
    static var sharedLab: Self { SharedLab() }
}

extension HandmadeLab {
    /// The lab of the suite that the calling test is in.
    static func shared(sourceLocation: SourceLocation = #_sourceLocation) throws -> HandmadeLab {
        try #require(SharedLab.current, "the suite lacks the trait .sharedLab", sourceLocation: sourceLocation)
    }
}
