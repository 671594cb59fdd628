// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Testing

/// The whole wording of the tool's usage errors.
struct UsageErrorTests {
    private static let toolUsage = "usage: depot [options] (COMMAND | NOUN VERB) [arguments] [options]"
    private static let boxUsage =
        "usage: depot box list|get|set|delete|move|apply [arguments] [options]"

    private static let unknownWords: [(String, String)] = [
        ("", "missing command\nhint: see 'depot --help'\n" + toolUsage),
        ("-q", "missing command\nhint: see 'depot --help'\n" + toolUsage),
        ("bx list", "unknown noun 'bx'\nhint: did you mean 'depot box list'?\n" + toolUsage),
        ("chek", "unknown noun 'chek'\nhint: did you mean 'depot check'?\n" + toolUsage),
        ("warehouse", "unknown noun 'warehouse'\nhint: see 'depot --help'\n" + toolUsage),
        ("list boxes", "unknown noun 'list'\nhint: did you mean 'depot boxes list'?\n" + toolUsage),
        ("apply -f x", "unknown noun 'apply'\nhint: did you mean 'depot box apply -f x'?\n" + toolUsage),
        ("-q fill left a", "unknown noun 'fill'\nhint: did you mean 'depot -q shelf fill left a'?\n" + toolUsage),
        ("dump", "unknown noun 'dump'\nhint: did you mean 'depot box dump'?\n" + toolUsage),
        ("help apply", "unknown noun 'apply'\nhint: did you mean 'depot help box apply'?\n" + toolUsage),
        ("warehouse --help", "unknown noun 'warehouse'\nhint: see 'depot --help'\n" + toolUsage),
        ("help bx", "unknown noun 'bx'\nhint: did you mean 'depot help box'?\n" + toolUsage),
        ("box", "missing verb after 'box'\nhint: see 'depot box --help'\n" + boxUsage),
        ("crate -q", "missing verb after 'box'\nhint: see 'depot box --help'\n" + boxUsage),
        ("box lsit a", "unknown verb 'lsit' for 'box'\nhint: did you mean 'depot box list a'?\n" + boxUsage),
        (
            "box et a",
            "unknown verb 'et' for 'box'\nhint: did you mean 'get' or 'set'? see 'depot box --help'\n" + boxUsage
        ),
        ("box sing", "unknown verb 'sing' for 'box'\nhint: see 'depot box --help'\n" + boxUsage),
    ]

    private static let listUsage = "usage: depot box list [NAME] [options]"
    private static let setUsage = "usage: depot box set NAME --at ROW:PLACE... [options]"
    private static let moveUsage = "usage: depot box move NAME (--shelf SHELF | --floor) [options]"
    private static let listHint = "\nhint: see 'depot box list --help'\n" + listUsage

    private static let options: [(String, String)] = [
        ("--bogus box list", "unknown option '--bogus'\nhint: see 'depot --help'\n" + toolUsage),
        ("--check", "unknown option '--check'\nhint: did you mean 'depot check'?\n" + toolUsage),
        ("--limit 3 box list", "option '--limit' must follow the verb\nhint: see 'depot --help'\n" + toolUsage),
        (
            "box list --ouptut=json",
            "unknown option '--ouptut' for 'box list'\nhint: did you mean 'depot box list --output=json'?\n" + listUsage
        ),
        ("box list -z", "unknown option '-z' for 'box list'" + listHint),
        ("box list -qz", "unknown option '-z' for 'box list'" + listHint),
        ("box list -f x", "unknown option '-f' for 'box list'" + listHint),
        ("box list --limit", "option '--limit' needs a value N" + listHint),
        ("box list --limit=", "option '--limit' needs a value N" + listHint),
        ("box list --limit --quiet", "option '--limit' needs a value N" + listHint),
        ("box list --limit -4", "option '--limit' needs a value N" + listHint),
        ("box list --limit -- 3", "option '--limit' needs a value N" + listHint),
        ("box list -o", "option '-o' needs a value FORMAT" + listHint),
        ("box list -o=", "option '-o' needs a value FORMAT" + listHint),
        ("box list --quiet=yes", "option '--quiet' takes no value, but was given 'yes'" + listHint),
        ("box list -q=yes", "option '-q' takes no value, but was given 'yes'" + listHint),
        ("box list --limit 1 --limit 2", "option '--limit' was given more than once" + listHint),
        ("-o json box list --output yaml", "option '--output' was given more than once" + listHint),
        ("box list -qq", "option '-q' was given more than once" + listHint),
        ("box list -4 -6", "options '--old' and '--new' exclude each other" + listHint),
        ("box list -46", "options '--old' and '--new' exclude each other" + listHint),
        ("box set a", "missing option '--at ROW:PLACE' for 'box set'\nhint: see 'depot box set --help'\n" + setUsage),
        (
            "box move a",
            "missing option for 'box move': one of '--shelf' or '--floor'"
                + "\nhint: see 'depot box move --help'\n" + moveUsage
        ),
        (
            "box move a --floor --shelf x",
            "options '--floor' and '--shelf' exclude each other"
                + "\nhint: see 'depot box move --help'\n" + moveUsage
        ),
        (
            "box move a --floor --gently",
            "option '--gently' needs option '--shelf'"
                + "\nhint: see 'depot box move --help'\n" + moveUsage
        ),
    ]

    private static let values: [(String, String)] = [
        (
            "box list -o jsn",
            "invalid value 'jsn' for option '-o': must be table, json or yaml"
                + "\nhint: did you mean 'depot box list -o json'?\n" + listUsage
        ),
        (
            "box list --output=JSON x",
            "invalid value 'JSON' for option '--output': must be table, json or yaml"
                + "\nhint: did you mean 'depot box list --output=json x'?\n" + listUsage
        ),
        (
            "box list -qoyml",
            "invalid value 'yml' for option '-o': must be table, json or yaml"
                + "\nhint: did you mean 'depot box list -qoyaml'?\n" + listUsage
        ),
        ("box list --color pink", "invalid value 'pink' for option '--color': must be red, green or blue" + listHint),
        (
            "completion bsh",
            "invalid value 'bsh' for argument SHELL: must be bash, zsh or fish"
                + "\nhint: did you mean 'bash' or 'zsh'? see 'depot completion --help'"
                + "\nusage: depot completion SHELL [options]"
        ),
        (
            "box get",
            "missing argument NAME for 'box get'\nhint: see 'depot box get --help'"
                + "\nusage: depot box get NAME [options]"
        ),
        (
            "shelf fill left",
            "missing argument NAME for 'shelf fill'\nhint: see 'depot shelf fill --help'"
                + "\nusage: depot shelf fill SHELF NAME... [options]"
        ),
        ("box list a b", "unexpected argument 'b' for 'box list'" + listHint),
        (
            "help check now",
            "unexpected argument 'now' for 'help'\nhint: see 'depot help --help'"
                + "\nusage: depot help [COMMAND]... [options]"
        ),
    ]

    @Test(arguments: unknownWords + options + values)
    func everyMistakeHasItsWholeMessage(line: String, message: String) {
        let error = #expect(throws: UsageError.self) { try fixture.parse(line: line) }
        #expect(error.map { fixture.message(for: $0) } == "depot: " + message)
    }

    @Test func theErrorPointsAtTheOffendingWord() {
        let error = #expect(throws: UsageError.self) { try fixture.parse(line: "-q box list a b") }
        #expect(error?.index == 4)
        #expect(error?.problem == .unexpectedArgument("b"))
    }

    @Test func laterLayersReportUnreadableTextInTheSameWords() throws {
        let invocation = try fixture.invocation("box set a/b --at 1:2 --at 1:x")
        let place = try #require(invocation.typedValues("at").last)
        let name = try #require(invocation.typedArguments("NAME").first)
        let ofOption = invocation.invalidValue(place, ofOption: "at", because: "place must be a number")
        #expect(
            fixture.message(for: ofOption) == """
                depot: invalid value '1:x' for option '--at': place must be a number
                hint: see 'depot box set --help'
                usage: depot box set NAME --at ROW:PLACE... [options]
                """)
        #expect(ofOption.index == 6)
        let ofArgument = invocation.invalidArgument(name, "NAME", because: "no slash allowed")
        #expect(
            fixture.message(for: ofArgument).hasPrefix(
                "depot: invalid value 'a/b' for argument NAME: no slash allowed\n"))
    }

    @Test func longUsageLinesAreFolded() {
        let error = #expect(throws: UsageError.self) { try fixture.parse(line: "box move") }
        #expect(
            error.map { fixture.message(for: $0, width: 40) } == """
                depot: missing argument NAME for 'box move'
                hint: see 'depot box move --help'
                usage: depot box move NAME
                         (--shelf SHELF | --floor)
                         [options]
                """)
    }

    @Test(arguments: [
        (["\u{1B}[2Jx"], "unknown noun '\\u{1b}[2Jx'"), (["a\nb"], "unknown noun 'a\\u{a}b'"),
        (["\u{202E}x"], "unknown noun '\\u{202e}x'"),
        ([String(repeating: "y", count: 500)], "unknown noun '\(String(repeating: "y", count: 64))...'"),
        ([""], "unknown noun ''"), (["größe"], "unknown noun 'größe'"),
    ])
    func hostileWordsAreShownHarmlessly(words: [String], sentence: String) {
        let error = #expect(throws: UsageError.self) { try fixture.parse(words) }
        let message = error.map { fixture.message(for: $0) }
        #expect(message == "depot: \(sentence)\nhint: see 'depot --help'\n\(Self.toolUsage)")
    }

    @Test(arguments: [
        (["bx", "get", "a b"], "did you mean 'depot box get \"a b\"'?"),
        (["bx", "get", "$x"], "did you mean 'depot box get \"\\$x\"'?"),
        (["bx", "get", "it's"], "did you mean 'box'? see 'depot --help'"),
        (["bx", "get", "\u{7}"], "did you mean 'box'? see 'depot --help'"),
        (["bx", "get", String(repeating: "y", count: 300)], "did you mean 'box'? see 'depot --help'"),
    ])
    func correctedLinesCanBeCopiedOrAreNotShown(words: [String], hint: String) {
        let error = #expect(throws: UsageError.self) { try fixture.parse(words) }
        let lines = error.map { fixture.message(for: $0).split(separator: "\n").map(String.init) }
        #expect(lines?[1] == "hint: " + hint)
    }
}
