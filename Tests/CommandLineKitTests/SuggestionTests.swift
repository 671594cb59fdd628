// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import CommandLineKit

struct SuggestionTests {
    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("", "abc", 3), ("list", "list", 0), ("lsit", "list", 1), ("lst", "list", 1),
        ("lisst", "list", 1), ("lost", "list", 1), ("ca", "abc", 3), ("kitten", "sitting", 3),
    ])
    func neighboursSwappedCountAsOneEdit(from: String, to: String, edits: Int) {
        #expect(editDistance(Array(from), Array(to)) == edits)
        #expect(editDistance(Array(to), Array(from)) == edits)
    }

    @Test(arguments: [
        ("sevice", ["service"]), ("SERVICE", ["service"]), ("srevices", ["services"]),
        ("conn", ["conntrack", "connect"]),
        ("x", []), ("backend", []), ("setvice-", ["service"]), ("rout", ["route"]), ("", []),
    ])
    func onlyTheClosestSpellingsAreSuggested(word: String, expected: [String]) {
        let known = [["service", "services", "svc"], ["route", "routes"], ["conntrack", "ct"], ["connect"]]
        #expect(suggestions(for: word, among: known) == expected)
    }

    @Test func atMostThreeAreSuggested() {
        let known = ["bat", "cat", "hat", "mat", "rat"].map { [$0] }
        #expect(suggestions(for: "xat", among: known) == ["bat", "cat", "hat"])
    }
}
