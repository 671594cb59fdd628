// SPDX-License-Identifier: Apache-2.0

/// What a well-formed command line asks for.
package enum ParseResult: Sendable, Hashable {
    case run(Invocation)
    case help(HelpTopic)
}

/// What help is wanted about, and whose usage line an error shows.
package enum HelpTopic: Sendable, Hashable {
    case tool
    case noun(NounSpec)
    case command(CommandSpec)

    /// The words that name the topic on a command line, empty for the tool itself.
    package var path: String {
        switch self {
        case .tool: ""
        case .noun(let noun): noun.name
        case .command(let command): command.path
        }
    }
}
