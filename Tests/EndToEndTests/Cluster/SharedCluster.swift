// SPDX-License-Identifier: Apache-2.0

import Testing

/// Gives all tests of a suite one cluster, which is taken away after the last of them.
struct SharedCluster: SuiteTrait, TestScoping {
    @TaskLocal fileprivate static var current: ClusterLab?

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let cluster = try ClusterLab()
        defer { cluster.remove() }
        try await Self.$current.withValue(cluster) { try await function() }
    }
}

extension Trait where Self == SharedCluster {
    static var sharedCluster: Self { SharedCluster() }
}

extension ClusterLab {
    /// The cluster of the suite that the calling test is in.
    static func shared(sourceLocation: SourceLocation = #_sourceLocation) throws -> ClusterLab {
        try #require(SharedCluster.current, "the suite lacks the trait .sharedCluster", sourceLocation: sourceLocation)
    }
}
