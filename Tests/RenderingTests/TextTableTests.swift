// SPDX-License-Identifier: Apache-2.0

import Rendering
import Testing

@Suite struct TextTableTests {
    private func table(_ rows: [[String]], _ options: OutputOptions = .init()) throws -> String {
        try rendered(options) { try $0.list(rows.map(TextRow.init)) }
    }

    @Test func noHeadersLeavesRowsOnlyAndIgnoresTitleWidths() throws {
        #expect(try table([["a", "b", "1", "c"]], .init(noHeaders: true)) == "a  b  1  c\n")
        #expect(try table([], .init(noHeaders: true)) == "")
    }

    @Test func missingAndEmptyCellsReadNoneAndSurplusOnesAreDropped() throws {
        #expect(
            try table([["a", ""], ["b", "c", "1", "d", "surplus"]]) == """
                KEY  VALUE        N  LAST
                a    <none>  <none>  <none>
                b    c            1  d

                """)
    }

    @Test func controlCharactersBecomeQuestionMarks() throws {
        let controls = String(String.UnicodeScalarView((0...0x1f).map { UnicodeScalar($0) })) + "\u{7f}\u{85}\u{9b}"
        let line = try table([["a", controls + "é", "1", "b"]], .init(noHeaders: true))
        #expect(line == "a  \(String(repeating: "?", count: 35))é  1  b\n")
    }

    @Test func narrowTerminalShortensTheWidestColumnButNeverTheKey() throws {
        let row = ["namespace/a-long-name", "a-value-that-is-too-long-to-fit", "123456789", "last-column-text"]
        #expect(
            try table([row], .init(width: 60)) == """
                KEY                    VALUE                 N  LAST
                namespace/a-long-name  a-value-tha…  123456789  last-column…

                """)
    }

    @Test func aColumnThatIsWholeIsNeverShortened() throws {
        let text = try rendered(.init(noHeaders: true, width: 40)) {
            try $0.list([WholeRow(["key", "[fd00:1234:5678::aaaa:bbbb]:65535", "a-long-remark-at-the-end"])])
        }
        #expect(text == "key  [fd00:1234:5678::aaaa:bbbb]:65535  a-long-…\n")
    }

    @Test(arguments: [
        OutputOptions(format: .wide, width: 20), OutputOptions(format: .table, width: nil),
    ])
    func wideAndPipedOutputIsNeverShortened(options: OutputOptions) throws {
        let row = ["key", "a-value-that-is-too-long-to-fit", "1", "last-column-text"]
        let options = OutputOptions(format: options.format, noHeaders: true, width: options.width)
        #expect(try table([row], options) == "key  a-value-that-is-too-long-to-fit  1  last-column-text\n")
    }

    @Test func columnsKeepALeastWidthInATinyTerminal() throws {
        let row = ["key", "123456789012", "1", "last-column-text"]
        #expect(try table([row], .init(noHeaders: true, width: 10)) == "key  1234567…  1  last-co…\n")
    }

    @Test func longerRowsAfterTheSampleOverflowWithoutMovingTheOthers() throws {
        var rows = Array(repeating: ["a", "b", "1", "c"], count: 1000)
        rows.append(["a", "much-longer", "1", "c"])
        rows.append(["a", "b", "1", "c"])
        let lines = try table(rows).split(separator: "\n")
        #expect(lines.count == 1003)
        #expect(lines.suffix(2) == ["a    much-longer  1  c", "a    b      1  c"])
    }

    @Test func colourSurroundsTheTextAndNotThePadding() throws {
        let text = try rendered(.init(noHeaders: true, color: true)) {
            try $0.list([SampleService(), SampleService(name: "b", backends: [])])
        }
        #expect(
            text == """
                default/web  10.96.0.10:80/tcp  2  4.5s  \u{1b}[32mready\u{1b}[0m
                b            10.96.0.10:80/tcp  0  4.5s  \u{1b}[31mempty\u{1b}[0m

                """)
    }

    @Test func cellTextsHoldEveryColumn() {
        #expect(
            SampleService().cellTexts == ["default/web", "10.96.0.10:80/tcp", "2", "4.5s", "<none>", "1200", "ready"])
    }

    @Test func noLineEndsInASpace() throws {
        let text = try table([["a", "b", "1", "c"], ["a", "b", "1", "longer"]])
        #expect(!text.contains(" \n"))
    }
}
