// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel
package import LinuxSystem
package import YAML

/// Why a file of documents was refused, and where; nothing was changed.
///
/// The words are in `DocumentError+Text.swift`.
package struct DocumentError: Error {
    package enum Problem: Sendable {
        /// The bytes cannot be had.
        case unreadable(Errno)
        /// More bytes than are taken; nobody counted how many.
        case tooLong(limit: Int)
        /// Neither YAML nor JSON, or more than the reader takes.
        case syntax(ReadError.Problem)
        /// A directory without any file whose name ends so.
        case noFile(extensions: [String])
        /// Kubernetes objects, and none of them means anything to a service proxy.
        case noKnownObject
        /// Nothing but white space and comments.
        case noDocument
        /// A document of somebody else, or none of the tool's.
        case otherKind(version: String?, kind: String?, expected: [String])
        case unknownKey(String, known: [String])
        case missingKey(String)
        /// The value is of another type; without a key it is an item, or the document itself.
        case wrongType(key: String?, expected: ValueType)
        case notOneOf(key: String, text: String, allowed: [String])
        /// A value that its key does not take beside another one: an address of a node port.
        case unexpectedValue(key: String, beside: String)
        /// Text of the right type that means nothing.
        case value(key: String?, any ModelError)
        /// More than the one document that there may be.
        case secondDocument
        /// A second object of a name.
        case repeated(ServiceName, first: Mark)
    }

    package enum ValueType: Hashable, Sendable {
        case object
        case list
        case text
        case truth
        case number(ClosedRange<Int>)
    }

    /// Nil when the file as a whole is at fault.
    package let mark: Mark?
    package let problem: Problem

    package init(_ problem: Problem, at mark: Mark? = nil) {
        self.mark = mark
        self.problem = problem
    }
}
