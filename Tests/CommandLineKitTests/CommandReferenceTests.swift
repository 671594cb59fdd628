// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Testing

struct CommandReferenceTests {
    @Test func aSmallTableMakesThisDocument() {
        let table = CommandTable(
            tool: "t", "Do things", nouns: [NounSpec("thing", plural: "things", "What is done")],
            commands: [
                CommandSpec(
                    noun: "thing", verb: "do", aliases: ["make"], "Do a thing", details: ["Not *twice*."],
                    arguments: [ArgumentSpec(ValueSpec("WHAT|WHO"), "What to do")],
                    options: [
                        OptionSpec("how", short: "w", value: ValueSpec("WAY"), isRepeatable: true, "In which way")
                    ],
                    examples: [Example("t thing do it", "Do it")], requirements: ["Strength"],
                    exitCodes: [ExitMeaning(.success, "done")])
            ])
        #expect(
            CommandReference(table: table).text == #"""
                <!-- SPDX-License-Identifier: Apache-2.0 -->
                # t: commands

                This file is made from the command table; change the table, not this file.

                ```
                usage: t [options] (COMMAND | NOUN VERB) [arguments] [options]
                ```

                ## Global options

                | Option | Meaning |
                |---|---|
                | `-h, --help` | Show help and do nothing else |

                ## Commands

                ### t help

                Explain a command, or list them all.

                ```
                usage: t help [COMMAND]... [options]
                ```

                | Argument | Meaning |
                |---|---|
                | `[COMMAND]...` | A command, a noun, or a noun and its verb |

                | Exit code | Meaning |
                |---|---|
                | `0` | done |
                | `1` | the output could not be written |
                | `2` | the command line is wrong |

                ## thing

                What is done.
                Also spelt `things`.

                ### t thing do

                Do a thing. Also spelt `make`.

                ```
                usage: t thing do WHAT|WHO [options]
                ```

                Not \*twice\*.

                | Argument | Meaning |
                |---|---|
                | `WHAT\|WHO` | What to do |

                | Option | Meaning |
                |---|---|
                | `-w, --how WAY` | In which way (repeatable) |

                Requires:

                * Strength

                Do it:

                ```
                t thing do it
                ```

                | Exit code | Meaning |
                |---|---|
                | `0` | done |

                """#)
    }

    @Test func everyCommandHasItsChapter() {
        let text = CommandReference(table: fixture).text
        #expect(fixture.commands.filter { !text.contains("\n### depot \($0.path)\n") } == [])
        #expect(!text.contains("debug-parser") && !text.contains("remark"))
    }
}
