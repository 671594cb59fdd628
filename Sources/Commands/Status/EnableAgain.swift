// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane

/// The `enable` that a dataplane was last configured with, as a line to copy: a bare one would undo its options.
struct EnableAgain {
    private let configuration: [String]
    private let location: [(option: String, directory: String)]

    /// - Parameter configuration: the words that were recorded.
    init(_ configuration: [String], at location: DataplaneLocation) {
        self.configuration = EnableOptions.asked(in: configuration)
        let bpffs = location.bpffs == DataplaneLocation.defaultBPFFS ? nil : location.bpffs
        self.location =
            (bpffs.map { [(GlobalOption.bpffs.longForm, $0)] } ?? [])
            + (location.cgroup.map { [(GlobalOption.cgroup.longForm, $0)] } ?? [])
    }

    /// Without another word `enable` decides anew how packets travel.
    var choosesForwarding: Bool { configuration.contains("--forwarding=auto") }

    func line() -> String { line(of: ["enable"] + configuration) }

    func line(adding word: String) -> String { line(of: ["enable"] + configuration + [word]) }

    /// With another option in the place of every recorded `option=…`.
    func line(replacing option: String, by word: String) -> String {
        line(of: ["enable"] + configuration.filter { !$0.hasPrefix("\(option)=") } + [word])
    }

    /// In quotes, with the place of the dataplane where the words do not say it.
    ///
    /// A line that no terminal should be sent is cut to its command.
    ///
    /// - Parameter namespace: a path to the network namespace in which it is to run.
    func line(of words: [String], inside namespace: String? = nil) -> String {
        let tool = Tool.table.tool
        let entering = namespace.map { ["nsenter", "--net=\($0)"] } ?? []
        let unsaid = location.filter { place in !words.contains { $0.hasPrefix("\(place.option)=") } }
        let line = shellLine(entering + [tool] + words + unsaid.flatMap { [$0.option, $0.directory] })
        return "'" + (line ?? (entering + [tool] + words.prefix { !$0.hasPrefix("-") }).joined(separator: " ")) + "'"
    }
}
