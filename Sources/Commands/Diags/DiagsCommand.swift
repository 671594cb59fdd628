// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Glibc
import LinuxSystem
import Rendering

package enum DiagsCommand: Command {
    package static let spec = CommandSpec(
        verb: "diags", "Gather everything that support needs into one archive",
        details: [
            """
            Holds what the commands of this tool show, as JSON: check, status and every list, of connections the \
            first 10000. And of the node: the kernel with its settings, those of its messages that are about BPF, \
            interfaces, addresses, routes, rules and neighbors. The manifest says what could not be gathered, and why.
            """,
            """
            Nothing is changed, and it works without a dataplane and in part without root. Addresses and the names of \
            services are in it; command lines, environments, keys and files of configuration are not.
            """,
        ],
        options: [
            OptionSpec(
                "file", short: "f",
                value: ValueSpec("FILE", .file, default: "ebpfctl-diags-HOST-TIME.tar.gz"),
                "Archive to write; one that is there is replaced")
        ],
        examples: [
            Example("ebpfctl diags", "An archive in the working directory"),
            Example("ebpfctl diags -f /tmp/node7.tar.gz", "Somewhere else"),
        ],
        requirements: ["root, for all of it"],
        exitCodes: [
            ExitMeaning(.success, "written; the output says what is missing in it"),
            ExitMeaning(.failure, "the archive could not be written"),
            ExitMeaning(.usage, "the command line is wrong"),
        ])

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let now = UInt64(clamping: WallClock.seconds)
        let time = UTCTime(secondsSince1970: now).text
        let host = (try? Sysctl.read("kernel/hostname")) ?? "localhost"
        let root = "ebpfctl-diags-\(fileWord(host))-\(time.filter { $0 != "-" && $0 != ":" })"
        let path = context.invocation.value("file") ?? "\(root).tar.gz"
        var manifest = DiagsManifest(host: host, createdAt: time)
        var archive = TarArchive(time: now)
        gather(into: &archive, below: root, &manifest, context)
        archive.add("\(root)/manifest.json", try document(manifest))
        guard let bytes = Gzip.compress(archive.bytes) else {
            throw SystemError(.writeFile, path, .noMemory)
        }
        try write(bytes, to: path)
        manifest.file = (path, bytes.count)
        try context.renderer.page(manifest)
        let granted = try context.surroundings.capabilities ?? CapabilitySet.effective()
        if !granted.missing(Privilege.node + Privilege.maps).isEmpty {
            context.note("parts of it need root; \(ErrorScene(words: context.invocation.words).asRoot)")
        }
        return .success
    }

    private static func gather(
        into archive: inout TarArchive, below root: String, _ manifest: inout DiagsManifest, _ context: CommandContext
    ) {
        let line = StatusLine(context)
        let sources = DiagsSource.all
        for (index, source) in sources.enumerated() {
            line.show("gathering \(index + 1) of \(sources.count): \(source.name)")
            var item = DiagsManifest.Item(name: source.name, source: source.origin)
            do {
                let found = try source.gather(context)
                item.size = found.bytes?.count
                item.message = found.message
                item.exitCode = found.exitCode
                if let bytes = found.bytes { archive.add("\(root)/\(source.name)", bytes) }
            } catch {
                let scene = ErrorScene(words: context.invocation.words)
                item.message = String(CommandError(error).line(in: scene).dropFirst("\(Tool.table.tool): ".count))
            }
            manifest.items.append(item)
        }
    }

    private static func document(_ manifest: DiagsManifest) throws -> [UInt8] {
        let sink = MemorySink()
        try Renderer(options: OutputOptions(format: .json), sink: sink).page(manifest)
        return sink.bytes
    }

    /// Whole or not at all, and for its owner alone; a link in its place is replaced, not followed.
    private static func write(_ bytes: [UInt8], to path: String) throws {
        let partial = "\(path).\(getpid())"
        do {
            try Descriptor(opening: partial, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600).write(bytes, to: path)
            try Filesystem.rename(partial, to: path)
        } catch {
            try? Filesystem.removeFile(partial)
            throw SystemError(.writeFile, path, error.errno)
        }
    }

    /// What of a host's name may stand in a file's.
    private static func fileWord(_ host: String) -> String {
        String(host.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") ? $0 : "_" })
    }
}
