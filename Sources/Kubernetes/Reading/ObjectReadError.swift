// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel
package import YAML

/// Why an input is refused as a whole, and where the reason stands.
package struct ObjectReadError: Error, Hashable {
    /// What JSON does not allow.
    package enum JSONProblem: Hashable, Sendable {
        case endOfInput
        case unexpected(UInt8, Expectation)
        case controlCharacter(UInt8)
        case escape
        case number(String)
    }

    package enum Expectation: Hashable, Sendable {
        case value
        case key
        case colon
        case commaOrEnd
        case document
    }

    /// What a value is, in the words of Kubernetes' API.
    package enum ValueType: String, Hashable, Sendable {
        case null
        case boolean
        case integer
        case number
        case string
        case list
        case object
    }

    package enum Problem: Hashable, Sendable {
        case json(JSONProblem)
        case yaml(ReadError.Problem)
        case duplicateKey(String)
        case tooDeep(limit: Int)
        case tooManyValues(limit: Int)
        case tooManyAliases(limit: Int)
        /// One object, in bytes.
        case objectTooLarge(limit: Int)
        /// The whole input, in bytes.
        case inputTooLong(limit: Int)
        /// A document, or an item of a list, that is no mapping.
        case notAnObject
        /// A document of the tool itself among those of Kubernetes.
        case ownDocument(apiVersion: String)
        case missing
        case type(found: ValueType, needed: ValueType)
        case range(Int128, ClosedRange<Int>)
        case word(String, allowed: [String])
        case address(AddressParseError)
        case name(ServiceParseError)
        case familyMismatch(IPAddress, addressType: String)
        /// An earlier port of the same service has the name, or the port and protocol.
        case repeatedPort(String)
    }

    /// What the problem is in, as far as it was read.
    package struct Subject: Hashable, Sendable {
        package let kind: String
        /// With its namespace, if it names one.
        package let name: String
    }

    /// The file, as the user named it.
    package let input: String
    /// Counted from 1.
    package let document: Int
    package let mark: Mark
    package let object: Subject?
    /// Empty for the document itself.
    package let path: String
    package let problem: Problem
}

/// Why reading ended early.
package enum ObjectReadFailure: Error {
    case refused(ObjectReadError)
    /// What the caller's own reading threw.
    case unreadable(any Error)
}

/// A problem before it is said which input and document it is in.
struct ScanError: Error {
    let problem: ObjectReadError.Problem
    let mark: Mark
    /// Known once the object has been read.
    var object: ObjectReadError.Subject?
    var path = ""

    init(_ problem: ObjectReadError.Problem, _ mark: Mark) {
        self.problem = problem
        self.mark = mark
    }
}

/// A problem of one value, or of a member that is not there.
struct FieldError: Error {
    let node: Int
    var missing: String?
    let problem: ObjectReadError.Problem
}
