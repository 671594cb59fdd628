// SPDX-License-Identifier: Apache-2.0

@testable import Dataplane

/// The dataplane's, not the one that a test report has; files that import `Testing` cannot tell them apart.
typealias HookAttachment = Attachment
