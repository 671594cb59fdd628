// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import DataplaneModel
import Rendering
import YAML

/// The options of `enable` in a file: keys named like the options, lists for those that may be repeated.
///
/// Values are held to what the command line takes, by the code that reads the command line.
struct EnableConfiguration {
    static let option = OptionSpec(
        "config", value: ValueSpec("FILE", .file), "YAML or JSON with keys named like these options, '-' for stdin")

    static let kind = "EnableConfiguration"

    /// What ``EnablePage`` prints holds a configuration, too.
    private static let reportKey = "configuration"

    /// Options by the order in which they are written, global ones last.
    private static let specs =
        EnableWords.options.filter { !EnableWords.transient.contains($0.name) }
        + [GlobalOption.ipv4, GlobalOption.ipv6, GlobalOption.bpffs, GlobalOption.cgroup]

    /// What a command line says instead, by option.
    private var words: [(option: String, words: [String])] = []

    /// - Parameter surroundings: what the options are tried in.
    /// - Throws: ``DocumentError`` for the first mistake.
    init(_ bytes: [UInt8], in surroundings: Surroundings) throws(DocumentError) {
        var documents = try DocumentStream(bytes)
        guard let document = try documents.next() else { return }
        if let second = try documents.next() { throw DocumentError(.secondDocument, at: second.mark) }
        let (node, keys) = try Self.body(of: document)
        let object = try MappingReader(node, keys: keys)
        for spec in Self.specs {
            guard let value = object.node(spec.name) else { continue }
            let found = try spec.words(saying: value)
            for (word, mark) in found { try Self.check(word, of: spec, at: mark, in: surroundings) }
            words.append((spec.name, found.map(\.word)))
        }
        let families = [GlobalOption.ipv4.name, GlobalOption.ipv6.name]
        if families.allSatisfy({ name in words.contains { $0.option == name && !$0.words.isEmpty } }) {
            let mark = object.node(families[1])?.mark
            throw DocumentError(.unexpectedValue(key: families[1], beside: "'\(families[0])'"), at: mark)
        }
    }

    /// The mapping that holds the options, and its keys.
    private static func body(of document: Node) throws(DocumentError) -> (Node, keys: [String]) {
        let keys = specs.map(\.name)
        // By hand one writes the options alone.
        guard document["apiVersion"] != nil || document["kind"] != nil else { return (document, keys) }
        guard try DocumentKind(of: document, oneOf: [kind, EnablePage.kind]).kind == EnablePage.kind else {
            return (document, DocumentKind.keys + keys)
        }
        guard let node = document[reportKey] else {
            throw DocumentError(.missingKey(reportKey), at: document.mark)
        }
        return (node, keys)
    }

    /// Reads one option by itself as the command line is read.
    private static func check(
        _ word: String, of spec: OptionSpec, at mark: Mark, in surroundings: Surroundings
    ) throws(DocumentError) {
        do {
            guard case .run(let invocation) = try Tool.table.parse([EnableCommand.spec.verb, word]) else { return }
            _ = try EnableWords.options(of: CommandContext(invocation, in: surroundings))
        } catch CommandError.input(let error) {
            throw DocumentError(.value(key: spec.name, error.reason), at: mark)
        } catch let error as UsageError {
            guard case .valueNotAllowed(_, let text, let allowed) = error.problem else {
                throw DocumentError(.wrongType(key: spec.name, expected: .text), at: mark)
            }
            throw DocumentError(.notOneOf(key: spec.name, text: text, allowed: allowed), at: mark)
        } catch {
            throw DocumentError(.wrongType(key: spec.name, expected: .text), at: mark)
        }
    }

    /// The command line with what the file adds to it: an option that was typed is not taken from the file.
    func words(beside typed: Invocation) -> [String] {
        let families = [GlobalOption.ipv4.name, GlobalOption.ipv6.name]
        let choosesFamily = families.contains { typed.flag($0) }
        let added = words.filter { option, _ in
            !typed.flag(option) && !(choosesFamily && families.contains(option))
        }
        let options = typed.words.firstIndex(of: "--") ?? typed.words.count
        return typed.words[..<options] + added.flatMap(\.words) + typed.words[options...]
    }
}

extension OptionSpec {
    /// The words of a command line that give this option the value of a key, each with its place; none for a false flag.
    fileprivate func words(saying node: Node) throws(DocumentError) -> [(word: String, mark: Mark)] {
        guard value != nil else {
            guard case .bool(let isGiven) = node.value else {
                throw DocumentError(.wrongType(key: name, expected: .truth), at: node.mark)
            }
            return isGiven ? [(longForm, node.mark)] : []
        }
        var words: [(String, Mark)] = []
        if isRepeatable, let entries = node.entries {
            // `map-size: {connections: 500000}` instead of `map-size: [connections=500000]`.
            for entry in entries {
                words.append(("\(longForm)=\(entry.key)=\(try text(entry.value))", entry.keyMark))
            }
        } else {
            for item in isRepeatable ? node.items ?? [node] : [node] {
                words.append(("\(longForm)=\(try text(item))", item.mark))
            }
        }
        return words
    }

    /// As it is written, so that `off` is the word and `14789` its digits.
    private func text(_ node: Node) throws(DocumentError) -> String {
        guard case .scalar(let scalar) = node.content, !scalar.text.isEmpty else {
            throw DocumentError(.wrongType(key: name, expected: .text), at: node.mark)
        }
        return scalar.text
    }
}

extension CommandContext {
    /// The same command with the options of the file that `--config` names, or this one without it.
    func addingConfiguration() throws -> CommandContext {
        guard let file = invocation.value(EnableConfiguration.option.name) else { return self }
        let configuration: EnableConfiguration
        do {
            configuration = try EnableConfiguration(DocumentInput(name: file).bytes(), in: surroundings)
        } catch {
            throw CommandError.document(error, file: file)
        }
        guard case .run(let merged) = try Tool.table.parse(configuration.words(beside: invocation)) else { return self }
        return try CommandContext(merged, in: surroundings)
    }
}

extension Invocation {
    /// What was asked for, as a file for `--config` says it; options that were not given are left out.
    func configurationFields(_ object: inout ObjectWriter) {
        for spec in EnableWords.options where !EnableWords.transient.contains(spec.name) {
            if spec.isRepeatable, flag(spec.name) { object.strings(spec.name, values(spec.name)) }
            guard !spec.isRepeatable, let value = value(spec.name) else { continue }
            if let number = Int(value) { object.integer(spec.name, number) } else { object.string(spec.name, value) }
        }
        for spec in [GlobalOption.ipv4, GlobalOption.ipv6] where flag(spec.name) { object.bool(spec.name, true) }
        for spec in [GlobalOption.bpffs, GlobalOption.cgroup] {
            if let value = value(spec.name) { object.string(spec.name, value) }
        }
    }
}
