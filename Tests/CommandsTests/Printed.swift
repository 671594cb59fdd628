// SPDX-License-Identifier: Apache-2.0

import Rendering

@testable import Commands

/// One object as its YAML document.
func document(_ value: some Presentable) throws -> String {
    let sink = MemorySink()
    try Renderer(options: OutputOptions(format: .yaml), sink: sink).one(value)
    return sink.text
}

/// What a command that prints a page shows.
func page(_ value: some Describable, as format: OutputFormat = .table) throws -> String {
    let sink = MemorySink()
    try Renderer(options: OutputOptions(format: format), sink: sink).page(value)
    return sink.text
}
