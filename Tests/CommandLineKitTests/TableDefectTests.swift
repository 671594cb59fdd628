// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Testing

struct TableDefectTests {
    @Test func theFixtureContradictsItselfNowhere() {
        #expect(fixture.defects() == [])
    }

    private static let example = [Example("t go", "Go")]

    private static let cases: [(CommandSpec, TableDefect)] = [
        (CommandSpec(verb: "go", "Go"), .missingExample(command: "go")),
        (
            CommandSpec(verb: "go", "Go", examples: [Example("t gone", "Go")]),
            .invalidExample(command: "go", line: "t gone")
        ),
        (CommandSpec(verb: "go", "Go", examples: example, mutates: true), .missingDryRun(command: "go")),
        (CommandSpec(verb: "thing", "Go", examples: [Example("t", "")]), .ambiguousWord(noun: nil, word: "thing")),
        (CommandSpec(noun: "no", verb: "go", "Go", examples: example), .unknownNoun(command: "no go")),
        (
            CommandSpec(verb: "go", "Go", options: [OptionSpec("far", short: "h", "Far")], examples: example),
            .ambiguousOption(command: "go", spelling: "-h")
        ),
        (
            CommandSpec(verb: "go", "Go", choices: [OptionChoice(["up"])], examples: example),
            .unknownOption(command: "go", name: "up")
        ),
        (
            CommandSpec(
                verb: "go", "Go",
                arguments: [
                    ArgumentSpec(ValueSpec("A"), arity: .any, "A"), ArgumentSpec(ValueSpec("B"), arity: .optional, "B"),
                ],
                examples: example),
            .ambiguousArguments(command: "go")
        ),
        (
            CommandSpec(
                verb: "go", "Go", arguments: [ArgumentSpec(ValueSpec("A", .live(["thing", "lst"])), arity: .any, "A")],
                examples: example),
            .invalidLiveNames(command: "go", words: ["thing", "lst"])
        ),
    ]

    @Test(arguments: cases)
    func everyContradictionIsFound(command: CommandSpec, defect: TableDefect) {
        let list = CommandSpec(noun: "thing", verb: "list", "List", examples: [Example("t thing list", "List")])
        let table = CommandTable(tool: "t", "T", nouns: [NounSpec("thing", "Thing")], commands: [list, command])
        #expect(table.defects().contains(defect))
    }

    @Test func aNounWithoutCommandsIsADefect() {
        let table = CommandTable(tool: "t", "T", nouns: [NounSpec("thing", "Thing")], commands: [])
        #expect(table.defects() == [.nounWithoutCommand("thing")])
    }
}
