// SPDX-License-Identifier: Apache-2.0

import Commands
import Glibc

// A reader that has had enough is told by EPIPE, which ends the command quietly.
signal(SIGPIPE, SIG_IGN)
exit(Tool.status(of: Array(CommandLine.arguments.dropFirst()), in: .process))
