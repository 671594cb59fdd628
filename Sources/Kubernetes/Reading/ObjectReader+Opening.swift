// SPDX-License-Identifier: Apache-2.0

extension ObjectReader {
    /// How many bytes of an input are enough to tell whose it is.
    package static let openingSize = 65536

    /// The `apiVersion` of the first document; nil when it has none in these bytes, or they mean nothing.
    ///
    /// - Parameter bytes: the input's first, at least ``openingSize`` where it has as many.
    package static func apiVersion(openingWith bytes: [UInt8]) -> String? {
        let limits = ObjectLimits()
        var rest: [UInt8]? = bytes
        let source = ByteSource(limits: limits) {
            defer { rest = nil }
            return rest ?? []
        }
        if isJSON(source.peek()) { return apiVersion(JSONScanner(source, limits: limits), limits) }
        do throws(ScanError) {
            return apiVersion(try YAMLScanner(source, limits: limits), limits)
        } catch {
            return nil
        }
    }

    private static func apiVersion(
        _ scanner: consuming some DocumentScanner & ~Copyable, _ limits: ObjectLimits
    ) -> String? {
        var tape = Tape(limits: limits)
        do {
            while try scanner.nextDocument() {
                tape.reset()
                guard case .mapping = try scanner.valueAhead() else {
                    try scanner.read(into: &tape)
                    continue
                }
                let root = try tape.open(.mapping, scanner.mark)
                try scanner.enter()
                while let key = try scanner.nextKey(into: &tape) {
                    try scanner.read(into: &tape)
                    guard key == "apiVersion" else { continue }
                    try tape.close(root)
                    return try Field(tape).string("apiVersion")
                }
                return nil
            }
        } catch {
            return nil
        }
        return nil
    }
}
