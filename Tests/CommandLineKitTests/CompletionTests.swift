// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Testing

struct CompletionTests {
    private static let first = ["box", "check", "completion", "help", "pick-list", "shelf"]
    private static let verbs = ["apply", "delete", "get", "list", "move", "set"]
    private static let names = ["default/api", "default/web:http", "kube/$(touch pwned)"]

    private static let cases: [(String, [String])] = [
        ("depot ", first), ("depot -q ", first), ("depot -o json ", first), ("depot sh", ["shelf"]),
        ("depot box ", verbs), ("depot crate -q ", verbs), ("depot --root /x boxes ", verbs), ("depot bo ", []),
        ("depot box list ", names), ("depot boxes dump ", names), ("depot box list a ", []),
        ("depot box list default/a", ["default/api"]), ("depot box delete a b ", names), ("depot box get -- -q ", []),
        ("depot box list --c", ["--color"]), ("depot box list --color ", ["blue", "green", "red"]),
        ("depot box list --color g", ["green"]), ("depot box list --limit ", []),
        ("depot check --r", ["--require", "--root"]),
        ("depot box list -o ", ["json", "table", "yaml"]), ("depot --output y", ["yaml"]),
        ("depot shelf fill ", ["left", "right"]), ("depot shelf fill left x ", names),
        ("depot box move --shelf left ", names), ("depot completion ", ["bash", "fish", "zsh"]),
        ("depot help ", first), ("depot pick-list print /etc/hostn", ["/etc/hostname"]),
        ("depot pick-list print x ", []),
        ("depot box apply -f /etc/hostn", ["/etc/hostname"]), ("depot --deb", []), ("depot box set a --rem", []),
        (
            "depot box list -",
            [
                "-4", "-6", "-h", "-o", "-q", "-v", "--color", "--help", "--limit", "--new", "--old", "--output",
                "--quiet",
                "--root", "--verbose",
            ]
        ),
    ]

    @Test(.enabled(if: ShellSession.isAvailable("bash"), "needs bash"), arguments: cases)
    func bashOffersExactlyWhatFits(line: String, expected: [String]) throws {
        let session = try ShellSession(.bash)
        defer { session.close() }
        let candidates = try session.bashCandidates(line).map { $0.filter { $0 != "\\" } }
        #expect(candidates.sorted() == expected.sorted())
        #expect(!session.wasFooled)
    }

    @Test(
        .enabled(if: ShellSession.isAvailable("bash"), "needs bash"),
        arguments: [
            ("depot box list --color=g", ["green"]), ("depot box get default/web:", ["http"]),
            ("depot box list --output=", ["table", "json", "yaml"]),
            ("depot box get kube", [#"kube/\$\(touch\ pwned\)"#]),
        ])
    func bashRepliesOnlyWhatFollowsABreakingCharacter(line: String, expected: [String]) throws {
        let session = try ShellSession(.bash)
        defer { session.close() }
        #expect(try session.bashCandidates(line) == expected)
    }

    @Test(.enabled(if: ShellSession.isAvailable("fish"), "needs fish"), arguments: cases)
    func fishOffersExactlyWhatFits(line: String, expected: [String]) throws {
        let session = try ShellSession(.fish)
        defer { session.close() }
        #expect(try session.fishCandidates(line).sorted() == expected.sorted())
        #expect(!session.wasFooled)
    }

    /// Keys typed on a terminal and the command lines they become; every completion in them has one outcome.
    private static let typed: [(keys: String, line: String)] = [
        ("depot pi\tpri\t/etc/hostn\t", "<pick-list><print></etc/hostname>"),
        (
            "depot -o js\tcrate li\tdefault/web:\t--output=ya\t",
            "<-o><json><crate><list><default/web:http><--output=yaml>"
        ),
        ("depot box dump --col\tg\t--lim\t3", "<box><dump><--color=green><--limit=3>"),
        ("depot she\tf\tle\tdefault/w\tdefault/a\t", "<shelf><fill><left><default/web:http><default/api>"),
        ("depot bo\tdel\tku\t", "<box><delete><kube/$(touch pwned)>"),
        ("depot box app\t-f /etc/hostn\t --dry\t", "<box><apply><-f></etc/hostname><--dry-run>"),
        ("depot completion zs\t", "<completion><zsh>"), ("depot -q hel\tshel\t", "<-q><help><shelf>"),
    ]

    @Test(.enabled(if: ShellSession.isAvailable("zsh"), "needs zsh"))
    func zshCompletesWhatIsTyped() throws {
        let session = try ShellSession(.zsh)
        defer { session.close() }
        #expect(try session.type(Self.typed.map(\.keys)) == Self.typed.map(\.line))
        #expect(!session.wasFooled)
    }

    @Test(.enabled(if: ShellSession.isAvailable("bash"), "needs bash"))
    func bashCompletesWhatIsTyped() throws {
        let session = try ShellSession(.bash)
        defer { session.close() }
        // Bash puts a space after a long option where zsh puts an equals sign.
        let lines = Self.typed.map {
            $0.line.replacing("<--color=green><--limit=3>", with: "<--color><green><--limit><3>")
        }
        #expect(try session.type(Self.typed.map(\.keys)) == lines)
        #expect(!session.wasFooled)
    }

    @Test(arguments: Shell.allCases)
    func theScriptNamesItsOriginAndEndsWithOneLineFeed(shell: Shell) {
        let script = fixture.completionScript(for: shell)
        #expect(script.contains("printed by 'depot completion \(shell.rawValue)'"))
        #expect(script.hasSuffix("\n") && !script.hasSuffix("\n\n"))
        #expect(!script.contains(/@[A-Z]+@/))
    }
}
