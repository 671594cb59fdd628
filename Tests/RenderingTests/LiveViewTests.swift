// SPDX-License-Identifier: Apache-2.0

import Rendering
import TestSupport
import Testing

@Suite struct LiveViewTests {
    private func rows(_ count: Int) -> [TextRow] {
        (0..<count).map { TextRow(texts: ["key\($0)", "value", "\($0)", "last"]) }
    }

    /// What a window of this size shows after these pictures.
    private func screen(
        _ pictures: [(rows: Int, total: Int)], columns: Int = 40, lines: Int = 6, options: OutputOptions = .init()
    ) -> ScreenReader {
        var screen = ScreenReader(columns: columns, rows: lines)
        for picture in pictures {
            let frame = LiveView.Frame(
                caption: "the caption", total: picture.total, columns: columns, lines: lines)
            screen.feed(LiveView.picture(frame, rows(picture.rows), options))
        }
        return screen
    }

    @Test func aPictureIsACaptionABlankLineAndATable() {
        #expect(
            screen([(2, 2)]).lines == [
                "the caption", "", "KEY   VALUE  N  LAST", "key0  value  0  last", "key1  value  1  last",
            ])
    }

    @Test func whatDoesNotFitIsCounted() {
        let screen = screen([(9, 500)])
        #expect(screen.lines.suffix(2) == ["key1  value  1  last", "… 498 more"])
        #expect(!screen.hasOverflowed)
    }

    @Test func theNextPictureLeavesNothingOfTheLast() {
        #expect(screen([(3, 3), (1, 1)]).lines == ["the caption", "", "KEY   VALUE  N  LAST", "key0  value  0  last"])
    }

    @Test(arguments: 1...45, [1, 2, 3, 7])
    func noWindowIsTooSmall(columns: Int, lines: Int) {
        for color in [false, true] {
            let screen = screen([(9, 9)], columns: columns, lines: lines, options: .init(color: color))
            #expect(!screen.hasOverflowed)
            #expect(screen.unknown == [])
        }
    }

    @Test func aLineAsLongAsTheWindowIsWideKeepsItsEnd() {
        let lines = screen([(1, 1), (1, 1)], columns: 20).lines
        #expect(lines.last == "key0  value  0  last")
        #expect(lines[2] == "KEY   VALUE  N  LAST")
    }

    @Test func aLineThatIsTooLongEndsInAnEllipsisAndKeepsItsColours() {
        let frame = LiveView.Frame(caption: "a caption that is long", total: 0, columns: 10, lines: 3)
        let picture = LiveView.picture(frame, [TextRow](), .init())
        #expect(String(decoding: picture, as: UTF8.self).hasPrefix("\u{1b}[Ha caption…\r\n"))
    }
}

@Suite struct YieldingColumnTests {
    /// A row whose third column goes first, then the second.
    private struct Row: Presentable {
        static let kind = "Row"
        static let columns = [
            Column("KEY", isWhole: true), Column("SECOND", isWhole: true, yields: 2),
            Column("THIRD", .right, yields: 1),
        ]
        let resourceName = "a-key-of-20-letters-"

        func cells(_ row: inout RowWriter) {
            row.cell(resourceName)
            row.cell("second-cell")
            row.cell(123_456_789)
        }

        func fields(_ object: inout ObjectWriter) {}
    }

    @Test(arguments: [
        (nil as Int?, "a-key-of-20-letters-  second-cell  123456789\n"),
        (44, "a-key-of-20-letters-  second-cell  123456789\n"),
        (43, "a-key-of-20-letters-  second-cell\n"), (33, "a-key-of-20-letters-  second-cell\n"),
        (32, "a-key-of-20-letters-\n"), (5, "a-key-of-20-letters-\n"),
    ])
    func columnsAreLeftOutInTheirOrderUntilTheRestFits(width: Int?, line: String) throws {
        let text = try rendered(.init(noHeaders: true, width: width)) { try $0.list([Row()]) }
        #expect(text == line)
    }

    @Test func wideHasAllColumnsWhateverTheWidth() throws {
        let text = try rendered(.init(format: .wide, noHeaders: true, width: 20)) { try $0.list([Row()]) }
        #expect(text == "a-key-of-20-letters-  second-cell  123456789\n")
    }
}
