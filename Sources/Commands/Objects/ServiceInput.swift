// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Kubernetes
import LinuxSystem

/// What `service apply` is given: documents of its own, or Kubernetes objects.
enum ServiceInput {
    case services([Service])
    case objects(ObjectSet)

    private static let extensions = [".json", ".yaml", ".yml"]

    /// - Parameters:
    ///   - name: a file, `-`, or a directory, whose files of the usual extensions hold Kubernetes objects.
    ///   - progress: is told the bytes of objects.
    /// - Throws: ``CommandError``: `document`, `objects`.
    init(reading name: String, _ progress: Progress) throws {
        defer { progress.finish() }
        guard name == DocumentInput.standardInput || !Filesystem.isDirectory(name) else {
            self = .objects(try Self.objects(inDirectory: name, progress))
            return
        }
        do {
            let pieces = try DocumentInput(name: name).pieces()
            let version = ObjectReader.apiVersion(openingWith: try pieces.opening(ObjectReader.openingSize))
            if let version, !version.hasPrefix(DocumentKind.group) {
                var reader = ObjectReader()
                try reader.add(pieces, name, progress)
                self = .objects(reader.objects)
            } else {
                self = .services(try ServiceDocument(pieces.rest()).services)
            }
        } catch let error as DocumentError {
            throw CommandError.document(error, file: name)
        }
    }

    private static func objects(inDirectory path: String, _ progress: Progress) throws -> ObjectSet {
        var reader = ObjectReader()
        var isEmpty = true
        let names = try Result { try Filesystem.list(path) }.mapError { error in
            CommandError.document(DocumentError(.unreadable((error as? SystemError)?.errno ?? .noEntry)), file: path)
        }.get()
        for name in names where extensions.contains(where: name.hasSuffix) {
            isEmpty = false
            let file = path.hasSuffix("/") ? path + name : "\(path)/\(name)"
            do {
                try reader.add(DocumentInput(name: file).pieces(), file, progress)
            } catch let error as DocumentError {
                throw CommandError.document(error, file: file)
            }
        }
        guard !isEmpty else {
            throw CommandError.document(DocumentError(.noFile(extensions: extensions)), file: path)
        }
        return reader.objects
    }
}

extension ObjectReader {
    fileprivate mutating func add(_ pieces: InputPieces, _ name: String, _ progress: Progress) throws {
        do {
            try read(name == DocumentInput.standardInput ? "<stdin>" : name) {
                let piece = try pieces.next()
                progress.advance(by: piece.count)
                return piece
            }
        } catch {
            switch error {
            case .refused(let reason): throw CommandError.objects(reason)
            case .unreadable(let reason): throw reason
            }
        }
    }
}
