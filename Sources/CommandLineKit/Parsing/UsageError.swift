// SPDX-License-Identifier: Apache-2.0

/// A command line that means nothing, as data; ``CommandTable/message(for:)`` makes the sentences.
package struct UsageError: Error, Sendable, Hashable {
    package let problem: Problem
    /// Whose usage line helps.
    package let topic: HelpTopic
    /// The index of the offending word; nil when something is missing.
    package let index: Int?
    /// Known words close to the offending one, best first, at most three.
    package let suggestions: [String]
    /// The whole command line put right, without the tool's name, when there is exactly one suggestion.
    package let correction: [String]?

    package enum Problem: Sendable, Hashable {
        case missingCommand
        case unknownNoun(String)
        case missingVerb
        case unknownVerb(String)
        /// As typed, with its dashes; of a bundle only the unknown letter.
        case unknownOption(String)
        /// An option of some command that stands before the verb.
        case misplacedOption(String)
        case missingValue(option: String, placeholder: String)
        case unexpectedValue(option: String, value: String)
        case repeatedOption(String)
        case missingOption(synopsis: String)
        case missingChoice([String])
        case conflictingOptions(String, String)
        case dependentOption(String, requires: String)
        case missingArgument(String)
        case unexpectedArgument(String)
        case valueNotAllowed(ValueOwner, value: String, allowed: [String])
        /// Text that a later layer could not read; the reason is that layer's own phrase.
        case invalidValue(ValueOwner, value: String, reason: String)
    }

    /// What a value was given to.
    package enum ValueOwner: Sendable, Hashable {
        case option(String)
        case argument(String)
    }

    init(
        _ problem: Problem, topic: HelpTopic, index: Int? = nil, suggestions: [String] = [],
        correction: [String]? = nil
    ) {
        self.problem = problem
        self.topic = topic
        self.index = index
        self.suggestions = suggestions
        self.correction = correction
    }
}
