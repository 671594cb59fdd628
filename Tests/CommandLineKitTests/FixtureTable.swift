// SPDX-License-Identifier: Apache-2.0

import CommandLineKit

/// A small tool with every feature a table can have.
let fixture = CommandTable(
    tool: "depot", "Keep boxes on shelves",
    details: ["Boxes stand on shelves or on the floor."],
    globalOptions: [
        OptionSpec(
            "output", short: "o",
            value: ValueSpec("FORMAT", .enumeration(["table", "json", "yaml"]), default: "table"), "Output format"),
        OptionSpec("quiet", short: "q", "Print names only"),
        OptionSpec("verbose", short: "v", isRepeatable: true, "Say more, twice for everything"),
        OptionSpec("root", value: ValueSpec("DIR", .directory, default: "/srv"), "Where the depot is"),
        OptionSpec("old", short: "4", "Old boxes only"),
        OptionSpec("new", short: "6", "New boxes only"),
        OptionSpec("debug-parser", isHidden: true, "Not for users"),
    ],
    globalChoices: [OptionChoice(["old", "new"])],
    nouns: [
        NounSpec("box", plural: "boxes", aliases: ["crate"], "What is kept"),
        NounSpec("shelf", plural: "shelves", "Where it is kept"),
        NounSpec("pick-list", "What is to be fetched"),
    ],
    commands: nodeCommands + boxCommands + otherCommands)

private let boxName = ValueSpec("NAME", .live(["box", "list", "-q"]))
private let dryRun = OptionSpec("dry-run", "Only say what would be done")

private let nodeCommands = [
    CommandSpec(
        verb: "check", "Say whether the depot is in order",
        options: [
            OptionSpec("require", value: ValueSpec("PART"), isRepeatable: true, "Insist on a part of the depot")
        ],
        examples: [Example("depot check --require doors", "Look at the doors")]),
    CommandSpec(
        verb: "completion", "Print a completion script",
        arguments: [ArgumentSpec(ValueSpec("SHELL", .enumeration(["bash", "zsh", "fish"])), "Shell to complete in")],
        examples: [Example("depot completion bash", "Print the script for bash")],
        exitCodes: ExitMeaning.informational),
]

private let boxCommands = [
    CommandSpec(
        noun: "box", verb: "list", aliases: ["dump"], "List boxes",
        arguments: [ArgumentSpec(boxName, arity: .optional, "Only this box")],
        options: [
            OptionSpec("color", value: ValueSpec("COLOR", .enumeration(["red", "green", "blue"])), "Only this color"),
            OptionSpec("limit", value: ValueSpec("N"), "At most so many"),
        ],
        examples: [Example("depot box list --color red", "List red boxes")]),
    CommandSpec(
        noun: "box", verb: "get", "Show one box", arguments: [ArgumentSpec(boxName, "The box")],
        examples: [Example("depot box get a/b", "Show the box a/b")]),
    CommandSpec(
        noun: "box", verb: "set", "Create or replace a box",
        details: [
            "A box that exists is replaced as a whole: what is not said again about it is lost with the old one."
        ],
        arguments: [ArgumentSpec(boxName, "The box")],
        options: [
            OptionSpec("at", value: ValueSpec("ROW:PLACE"), isRepeatable: true, isRequired: true, "Where it stands"),
            OptionSpec("note", aliases: ["remark"], value: ValueSpec("TEXT"), "A note for the label"), dryRun,
        ],
        examples: [Example("depot box set a/b --at 1:2 --at 1:3", "Put a wide box on two places")],
        requirements: ["A key to the depot"], mutates: true),
    CommandSpec(
        noun: "box", verb: "delete", "Throw boxes away",
        arguments: [ArgumentSpec(boxName, arity: .any, "The boxes")],
        options: [OptionSpec("all", "Every box"), dryRun],
        examples: [Example("depot box delete a/b", "Throw the box a/b away")],
        exitCodes: ExitMeaning.standard([.notFound: "there is no such box"]), mutates: true),
    CommandSpec(
        noun: "box", verb: "move", "Carry a box elsewhere", arguments: [ArgumentSpec(boxName, "The box")],
        options: [
            OptionSpec("shelf", value: ValueSpec("SHELF"), "Onto this shelf"), OptionSpec("floor", "Onto the floor"),
            OptionSpec("gently", requires: ["shelf"], "Without noise"), dryRun,
        ],
        choices: [OptionChoice(["shelf", "floor"], isRequired: true)],
        examples: [Example("depot box move a/b --floor", "Take it down")], mutates: true),
    CommandSpec(
        noun: "box", verb: "apply", "Read boxes from a file",
        options: [
            OptionSpec(
                "file", short: "f", value: ValueSpec("FILE", .file), isRequired: true, "What to read, - for stdin"),
            dryRun,
        ],
        examples: [Example("depot box apply -f boxes.yaml", "Read boxes.yaml")], mutates: true),
]

private let otherCommands = [
    CommandSpec(
        noun: "shelf", verb: "fill", "Put boxes on a shelf",
        arguments: [
            ArgumentSpec(ValueSpec("SHELF", .suggestions(["left", "right"])), "The shelf"),
            ArgumentSpec(boxName, arity: .oneOrMore, "The boxes"),
        ],
        examples: [Example("depot shelf fill left a/b c/d", "Fill the left shelf")]),
    CommandSpec(
        noun: "pick-list", verb: "print", "Print what is to be fetched",
        arguments: [
            ArgumentSpec(ValueSpec("FILE", .file), "Where to write"),
            ArgumentSpec(ValueSpec("COPIES"), arity: .optional, "How many"),
        ],
        examples: [Example("depot pick-list print out 2", "Print two copies")]),
]

extension CommandTable {
    /// Parses a line without quotes, as a shell would split it.
    func parse(line: String) throws(UsageError) -> ParseResult {
        try parse(line.split(separator: " ").map(String.init))
    }

    /// The invocation of a line that is expected to run.
    func invocation(_ line: String) throws -> Invocation {
        guard case .run(let invocation) = try parse(line: line) else { throw UnexpectedHelp() }
        return invocation
    }

    struct UnexpectedHelp: Error {}
}
