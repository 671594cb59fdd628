// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import Rendering

/// What an archive holds and what it lacks: its `manifest.json`, and what the command prints.
struct DiagsManifest: Describable {
    /// One file, or the reason why there is none.
    struct Item: Hashable {
        let name: String
        /// Where it comes from: a command line, or a path.
        let source: String
        /// Bytes in the archive; nil for none.
        var size: Int?
        /// What the source said that is not its result.
        var message: String?
        /// Of a command.
        var exitCode: ExitCode?
    }

    let host: String
    /// RFC 3339, UTC.
    let createdAt: String
    var items: [Item] = []
    /// The archive's path and size, once it is written.
    var file: (path: String, size: Int)?

    static var kind: String { "Diagnostics" }

    var resourceName: String { file?.path ?? "" }

    private var gathered: [Item] { items.filter { $0.size != nil } }
    private var missing: [Item] { items.filter { $0.size == nil } }

    func describe(_ page: inout DescriptionList) {
        page.entry("File", file?.path)
        page.entry("Size", file.map { HumanFormat.bytes(UInt64($0.size)) })
        page.entry("Gathered", "\(gathered.count) of \(items.count)")
        page.entry("Missing", missingLines, .warning)
    }

    /// One line per reason: without a dataplane most of the lists lack for the same one.
    private var missingLines: [String] {
        let reasons = missing.map { $0.message ?? "nothing to be had" }
        var seen: Set<String> = []
        return reasons.filter { seen.insert($0).inserted }.map { reason in
            let names = zip(missing, reasons).filter { $1 == reason }.map(\.0.name)
            return "\(names.count == 1 ? names[0] : "\(names.count) files"): \(reason)"
        }
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("host", host)
        object.string("createdAt", createdAt)
        object.string("version", Version.current)
        object.integer("abiVersion", DataplaneRecord.abiVersion)
        if let file {
            object.string("file", file.path)
            object.integer("sizeBytes", file.size)
        }
        object.array("items", items) { item, fields in
            fields.string("name", item.name)
            fields.string("source", item.source)
            fields.bool("gathered", item.size != nil)
            fields.integer("sizeBytes", item.size)
            fields.integer("exitCode", item.exitCode?.rawValue)
            fields.string("message", item.message)
        }
    }
}
