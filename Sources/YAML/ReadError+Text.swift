// SPDX-License-Identifier: Apache-2.0

extension ReadError: CustomStringConvertible {
    /// `line 3, column 5: duplicate key 'name'`.
    package var description: String {
        "line \(mark.line), column \(mark.column): \(problem)"
    }
}

extension ReadError.Problem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .syntax(let words): words
        case .duplicateKey(let key): "duplicate key '\(key)'"
        case .keyNotScalar: "a key must be a scalar"
        case .unknownAlias(let name): "unknown alias '*\(name)'"
        case .mergeNotMapping: "'<<' must be a mapping or a list of mappings"
        case .tagMismatch(let tag, let text): "'\(text)' is not a value of '\(tag)'"
        case .tooDeep(let limit): "nested deeper than \(limit) levels"
        case .tooManyNodes(let limit): "more than \(limit) values, aliases included"
        case .tooLong(let bytes, let limit): "\(bytes) bytes are more than the limit of \(limit)"
        case .outOfMemory: "out of memory"
        }
    }
}
