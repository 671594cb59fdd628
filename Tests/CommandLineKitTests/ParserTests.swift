// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Testing

struct ParserTests {
    @Test(arguments: [
        ("check", "check"), ("box list", "box list"), ("boxes list", "box list"), ("crate dump", "box list"),
        ("-q shelves fill a b", "shelf fill"), ("box -q list", "box list"), ("pick-list print x", "pick-list print"),
        ("-- box list", "box list"), ("box -- list", "box list"),
    ])
    func everyDocumentedSpellingReachesItsCommand(line: String, path: String) throws {
        #expect(try fixture.invocation(line).command.path == path)
    }

    @Test(arguments: ["bo list", "box lis", "Box list", "box LIST", "shelve fill a b"])
    func neitherPrefixesNorCapitalsAreMatched(line: String) {
        #expect(throws: UsageError.self) { try fixture.parse(line: line) }
    }

    @Test(arguments: [
        "-o json box list", "--output json box list", "--output=json box list", "-ojson box list", "-o=json box list",
        "box list -o json", "box -ojson list", "box list -qo json", "box list -qojson", "box list -qvo=json",
        "box list x --output=json", "box list --output json x",
    ])
    func globalOptionsStandAnywhereInEveryForm(line: String) throws {
        #expect(try fixture.invocation(line).value("output") == "json")
    }

    @Test func bundledFlagsCountOneByOne() throws {
        let invocation = try fixture.invocation("box list -qvv -4")
        #expect(invocation.flag("quiet"))
        #expect(invocation.flag("verbose"))
        #expect(invocation.flag("old"))
        #expect(!invocation.flag("new"))
    }

    @Test func optionsMayFollowArguments() throws {
        let invocation = try fixture.invocation("box set a/b --at 1:2 --dry-run --at=1:3")
        #expect(invocation.argument("NAME") == "a/b")
        #expect(invocation.values("at") == ["1:2", "1:3"])
        #expect(invocation.flag("dry-run"))
        #expect(invocation.value("note") == nil)
    }

    @Test func formerOptionNamesAreAccepted() throws {
        #expect(try fixture.invocation("box set a --at 1 --remark x").value("note") == "x")
    }

    @Test func attachedValuesKeepEverythingAfterTheFirstEqualsSign() throws {
        #expect(try fixture.invocation("box set a --at=--x=y,w=1").value("at") == "--x=y,w=1")
        #expect(try fixture.invocation("box apply -f=a=b").value("file") == "a=b")
    }

    @Test(arguments: [
        ("box get -- -q", "-q"), ("box get -", "-"), ("box get -5", "-5"), ("box get -46.5", "-46.5"),
        ("box get -- --", "--"), ("-- box get -h", "-h"),
    ])
    func wordsAfterTheDashesAndNumbersBelowZeroAreArguments(line: String, name: String) throws {
        #expect(try fixture.invocation(line).argument("NAME") == name)
    }

    @Test func aDashAndNumbersBelowZeroAreValues() throws {
        #expect(try fixture.invocation("box apply -f -").value("file") == "-")
        #expect(try fixture.invocation("box list --limit -5").value("limit") == "-5")
    }

    @Test func aDigitThatIsAnOptionIsNotANumber() throws {
        let invocation = try fixture.invocation("box list -4")
        #expect(invocation.flag("old"))
        #expect(invocation.arguments == [])
    }

    @Test(arguments: [
        ("box delete", []), ("box delete a b c", ["a", "b", "c"]), ("box delete a -q b", ["a", "b"]),
    ])
    func repeatingArgumentsKeepTheirOrder(line: String, names: [String]) throws {
        #expect(try fixture.invocation(line).arguments("NAME") == names)
    }

    @Test func severalArgumentsAreHandedOutFromTheLeft() throws {
        let fill = try fixture.invocation("shelf fill left a b")
        #expect(fill.argument("SHELF") == "left")
        #expect(fill.arguments("NAME") == ["a", "b"])
        #expect(try fixture.invocation("pick-list print out").argument("COPIES") == nil)
        #expect(try fixture.invocation("pick-list print out 2").argument("COPIES") == "2")
    }

    @Test func aRepeatingArgumentLeavesWordsForThoseAfterIt() throws {
        let table = CommandTable(
            tool: "t", "T", nouns: [],
            commands: [
                CommandSpec(
                    verb: "copy", "Copy",
                    arguments: [
                        ArgumentSpec(ValueSpec("FROM"), arity: .oneOrMore, "From"), ArgumentSpec(ValueSpec("TO"), "To"),
                    ])
            ])
        let invocation = try table.invocation("copy a b c")
        #expect(invocation.arguments("FROM") == ["a", "b"])
        #expect(invocation.argument("TO") == "c")
    }

    @Test func typedTextKnowsItsPlaceOnTheLine() throws {
        let invocation = try fixture.invocation("-q box set a --at 1:2 --at=1:3")
        #expect(invocation.typedArguments("NAME").map(\.index) == [3])
        #expect(invocation.typedValues("at").map(\.index) == [5, 6])
        #expect(invocation.words.count == 7)
    }

    @Test(arguments: [
        ("--help", ""), ("-h", ""), ("help", ""), ("-qh", ""), ("box --help", "box"),
        ("crate -h", "box"), ("box list -h", "box list"), ("box dump --help", "box list"),
        ("--help box list", "box list"),
        ("help box", "box"), ("help boxes dump", "box list"), ("help check", "check"), ("check -h", "check"),
        ("help help", "help"), ("help --help", "help"), ("box set --bogus --help", "box set"),
        ("box set --at --help", "box set"), ("--bogus -h", ""),
    ])
    func helpIsFoundAtEveryLevelAndWinsOverMistakes(line: String, path: String) throws {
        guard case .help(let topic) = try fixture.parse(line: line) else {
            Issue.record("'\(line)' does not ask for help")
            return
        }
        #expect(topic.path == path)
    }
}
