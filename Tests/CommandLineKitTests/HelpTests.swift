// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Testing

struct HelpTests {
    private func help(_ line: String, _ style: HelpStyle = HelpStyle()) throws -> String {
        guard case .help(let topic) = try fixture.parse(line: line) else { return "" }
        return fixture.help(about: topic, style: style)
    }

    @Test func theToolListsCommandsNounsAndGlobalOptions() throws {
        #expect(
            try help("--help") == """
                depot: Keep boxes on shelves

                usage: depot [options] (COMMAND | NOUN VERB) [arguments] [options]

                Commands:
                  check       Say whether the depot is in order
                  completion  Print a completion script
                  help        Explain a command, or list them all

                Nouns:
                  box (crate)  What is kept
                  shelf        Where it is kept
                  pick-list    What is to be fetched

                Global options:
                  -o, --output FORMAT  Output format: table, json or yaml (default table)
                  -q, --quiet          Print names only
                  -v, --verbose        Say more, twice for everything
                      --root DIR       Where the depot is (default /srv)
                  -4, --old            Old boxes only
                  -6, --new            New boxes only
                  -h, --help           Show help and do nothing else

                See 'depot NOUN --help' for the verbs of a noun.

                """)
    }

    @Test func aNounListsItsVerbs() throws {
        #expect(
            try help("box --help") == """
                What is kept

                usage: depot box list|get|set|delete|move|apply [arguments] [options]

                Verbs:
                  list (dump)  List boxes
                  get          Show one box
                  set          Create or replace a box
                  delete       Throw boxes away
                  move         Carry a box elsewhere
                  apply        Read boxes from a file

                Also spelt 'boxes' or 'crate'.

                See 'depot box VERB --help' for one of them.

                """)
    }

    @Test func aCommandExplainsAllItTakes() throws {
        #expect(
            try help("box set --help") == """
                Create or replace a box

                usage: depot box set NAME --at ROW:PLACE... [options]

                A box that exists is replaced as a whole: what is not said again about it is
                lost with the old one.

                Arguments:
                  NAME  The box

                Options:
                      --at ROW:PLACE  Where it stands (required, repeatable)
                      --note TEXT     A note for the label
                      --dry-run       Only say what would be done

                Requires:
                  A key to the depot

                Examples:
                  # Put a wide box on two places
                  depot box set a/b --at 1:2 --at 1:3

                Exit codes:
                  0  done
                  1  the operation failed
                  2  the command line or its input is wrong; nothing was changed
                  3  the named object was not found
                  4  not permitted: the message names the missing capability
                  5  this system lacks what was asked

                Global options: -o/--output, -q/--quiet, -v/--verbose, --root, -4/--old,
                -6/--new, -h/--help; see 'depot --help'.

                """)
    }

    @Test func narrowTerminalsGetNarrowHelp() throws {
        #expect(
            try help("box list -h", HelpStyle(width: 10)) == """
                List boxes

                usage: depot box list [NAME] [options]

                Arguments:
                  [NAME]  Only this box

                Options:
                      --color COLOR  Only this color:
                                     red, green or blue
                      --limit N      At most so many

                Examples:
                  # List red boxes
                  depot box list --color red

                Exit codes:
                  0  done
                  1  the operation failed
                  2  the command line or its input is
                     wrong; nothing was changed
                  3  the named object was not found
                  4  not permitted: the message names
                     the missing capability
                  5  this system lacks what was asked

                Global options: -o/--output, -q/--quiet,
                -v/--verbose, --root, -4/--old,
                -6/--new, -h/--help; see 'depot --help'.

                Also spelt 'dump'.

                """)
    }

    @Test func headingsAreBoldOnRequestOnly() throws {
        #expect(try help("box -h", HelpStyle(isBold: true)).contains("\n\u{1B}[1mVerbs:\u{1B}[0m\n"))
        #expect(try !help("box -h").contains("\u{1B}"))
    }

    private static let topics: [HelpTopic] =
        [.tool] + fixture.nouns.map { .noun($0) } + fixture.commands.map { .command($0) }

    @Test(arguments: topics, [40, 57, 80, 132])
    func nothingButExamplesIsWiderThanTheTerminal(topic: HelpTopic, width: Int) {
        let examples = fixture.commands.flatMap(\.examples).map { "  " + $0.command }
        let lines = fixture.help(about: topic, style: HelpStyle(width: width)).split(separator: "\n")
        let wide = lines.filter { $0.count > width && !examples.contains(String($0)) }
        #expect(wide == [])
        #expect(!lines.contains { $0.hasSuffix(" ") })
    }

    @Test(arguments: topics)
    func hiddenOptionsAndFormerNamesAreNotShown(topic: HelpTopic) {
        let text = fixture.help(about: topic)
        #expect(!text.contains("debug-parser") && !text.contains("remark"))
    }
}
