// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import DataplaneModel
import LinuxSystem
import YAML

extension DocumentError {
    /// - Parameter file: as the user named it.
    func text(of file: String, _ scene: ErrorScene) -> ErrorText {
        ErrorText("cannot read \(place(in: file)): \(problem.sentence)", hint: hint(scene))
    }

    /// `'services.yaml:3:5'`, as editors and terminals understand it; a long path loses its beginning.
    private func place(in file: String) -> String {
        let name = file == DocumentInput.standardInput ? "<stdin>" : file
        let position = mark.map { ":\($0.line):\($0.column)" } ?? ""
        let room = 60 - position.utf8.count
        let scalars = name.unicodeScalars
        let shown = scalars.count > room ? "..." + String(scalars.suffix(room - 3)) : name
        return quoted(shown + position)
    }

    private func hint(_ scene: ErrorScene) -> String? {
        switch problem {
        case .otherKind, .unknownKey, .missingKey, .wrongType, .notOneOf, .unexpectedValue:
            switch scene.command {
            case ServiceApply.spec: return "see how services are written with \(scene.line("service export"))"
            case EnableCommand.spec: return "see the options that keys are named like with 'ebpfctl enable --help'"
            default: return nil
            }
        default: return nil
        }
    }
}

extension DocumentError.Problem {
    fileprivate var sentence: String {
        switch self {
        case .unreadable(let errno): errno.cause
        case .tooLong(let limit): "it has more than the limit of \(limit) bytes"
        case .syntax(let problem): "\(problem)"
        case .noFile(let extensions): "no file in it ends in \(prose(extensions.map { quoted($0) }))"
        case .noKnownObject: "there is no Service, EndpointSlice, Endpoints or Node in it"
        case .noDocument: "there is no document in it"
        case .secondDocument: "only one document may be in it"
        case .otherKind(let version, let kind, let expected):
            "it is \(Self.described(version, kind)), not of apiVersion '\(DocumentKind.version)' and kind "
                + prose(expected.map { quoted($0) })
        case .unknownKey(let key, let known): "unknown key \(quoted(key)): must be \(prose(known))"
        case .missingKey(let key): "key '\(key)' is missing"
        case .wrongType(let key, let expected):
            (key.map { "'\($0)' must be " } ?? "it must be ") + expected.caption
        case .notOneOf(let key, let text, let allowed):
            "invalid '\(key)' \(quoted(text)): must be \(prose(allowed))"
        case .unexpectedValue(let key, let other): "'\(key)' must be null, or absent, beside \(other)"
        case .value(nil, let reason): reason.message
        case .value(let key?, let reason): "'\(key)': \(reason.message)"
        case .repeated(let name, let first): "service '\(name)' stands on line \(first.line) already"
        }
    }

    private static func described(_ version: String?, _ kind: String?) -> String {
        switch (version, kind) {
        case (nil, nil): "a document without apiVersion and kind"
        case (let version?, nil): "of apiVersion \(quoted(version)) and no kind"
        case (nil, let kind?): "of no apiVersion and kind \(quoted(kind))"
        case (let version?, let kind?): "of apiVersion \(quoted(version)) and kind \(quoted(kind))"
        }
    }
}

extension DocumentError.ValueType {
    fileprivate var caption: String {
        switch self {
        case .object: "an object"
        case .list: "a list"
        case .text: "a string"
        case .truth: "true or false"
        case .number(let range): "a whole number, \(range.lowerBound)…\(range.upperBound)"
        }
    }
}

/// `a, b or c`.
private func prose(_ words: [String]) -> String {
    guard words.count > 1, let last = words.last else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
}
