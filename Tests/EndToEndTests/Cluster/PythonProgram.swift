// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// A program for what the lab's own tools do not do: sockets with options, large messages, error queues.
struct PythonProgram: Sendable {
    let text: String

    /// Isolated from the user's environment, which also makes it start fast.
    func command(_ arguments: String...) -> Command {
        Command("/usr/bin/python3", ["-ISc", text] + arguments)
    }

    /// Returns each datagram, and each stream after the number of bytes that its first eight say.
    static let echoServer = PythonProgram(
        text: """
            import socket, struct, sys, threading
            port = int(sys.argv[1])
            def datagrams(s):
                while True:
                    data, peer = s.recvfrom(65535)
                    try: s.sendto(data, peer)
                    except OSError: pass
            def serve(c):
                with c:
                    head = c.recv(8, socket.MSG_WAITALL)
                    if len(head) == 8:
                        data = c.recv(struct.unpack("!Q", head)[0], socket.MSG_WAITALL)
                        c.sendall(data)
                        c.shutdown(socket.SHUT_WR)
                        c.recv(1)
            def streams(s):
                while True:
                    c, _ = s.accept()
                    threading.Thread(target=serve, args=(c,), daemon=True).start()
            threads = []
            for family, any in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
                for kind, work in ((socket.SOCK_DGRAM, datagrams), (socket.SOCK_STREAM, streams)):
                    s = socket.socket(family, kind)
                    if family == socket.AF_INET6: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    s.bind((any, port))
                    if kind == socket.SOCK_STREAM: s.listen(64)
                    threads.append(threading.Thread(target=work, args=(s,), daemon=True))
            for t in threads: t.start()
            print("ready", flush=True)
            for t in threads: t.join()
            """)
}

extension ClusterLab {
    /// Runs a program to its end, which must be a good one.
    ///
    /// - Returns: the lines of its output.
    func run(_ program: PythonProgram, _ arguments: String..., on machine: Machine, outsideCgroup: Bool = false)
        throws -> [String]
    {
        var command = program.command()
        command.arguments += arguments
        let result = try start(command, on: machine, outsideCgroup: outsideCgroup)
            .collect(until: Deadline(after: Tool.patience))
        guard result.status.isSuccess else {
            throw Shell.Failure(line: "python3", status: result.status, said: result.errorText)
        }
        return result.text.split(separator: "\n").map(String.init)
    }
}
