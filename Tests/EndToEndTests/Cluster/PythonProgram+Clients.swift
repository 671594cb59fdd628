// SPDX-License-Identifier: Apache-2.0

extension PythonProgram {
    /// `ADDRESS PORT SIZE`: sends so many bytes to the echo server and prints whether the same came back.
    static let transfer = PythonProgram(
        text: """
            import os, socket, struct, sys
            data = os.urandom(int(sys.argv[3]))
            s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 20)
            s.sendall(struct.pack("!Q", len(data)) + data)
            back = b""
            while len(back) < len(data):
                part = s.recv(1 << 20)
                if not part: break
                back += part
            print("same" if back == data else f"{len(back)} bytes")
            """)

    /// `ADDRESS PORT SIZE...`: sends datagrams that may be fragmented to the echo server, each until it came back,
    /// and prints how often.
    static let datagrams = PythonProgram(
        text: """
            import os, socket, sys
            v6 = ":" in sys.argv[1]
            s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
            if v6: s.setsockopt(socket.IPPROTO_IPV6, 23, 0)  # IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT
            else: s.setsockopt(socket.IPPROTO_IP, 10, 0)  # IP_MTU_DISCOVER, IP_PMTUDISC_DONT
            s.connect((sys.argv[1], int(sys.argv[2])))
            for size in map(int, sys.argv[3:]):
                data, tries = os.urandom(size), 0
                while True:
                    tries += 1
                    if tries > 9: sys.exit(f"no answer of {size} bytes")
                    try:
                        s.settimeout(0.5 if tries > 1 else 1)
                        s.send(data)
                        while s.recv(65535) != data: pass
                        break
                    except OSError as e: last = e
                print(tries)
            """)

    /// `ADDRESS PORT SIZE`: sends datagrams of that payload which must not be fragmented until the kernel refuses them,
    /// and prints the error that arrives, the MTU it leaves, the next error, and whether what fits is answered.
    static let unfragmented = PythonProgram(
        text: """
            import errno, socket, sys
            v6 = ":" in sys.argv[1]
            level, discover, mtu, headers = (41, 23, 24, 48) if v6 else (0, 10, 14, 28)
            s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
            s.setsockopt(level, discover, 2)  # IP_PMTUDISC_DO, IPV6_PMTUDISC_DO
            s.connect((sys.argv[1], int(sys.argv[2])))
            s.settimeout(5)
            def attempt(size):
                try:
                    s.send(bytes(size))
                    return f"answered {len(s.recv(65535))}"
                except OSError as e: return errno.errorcode.get(e.errno, str(e))
            print(attempt(int(sys.argv[3])))
            size = s.getsockopt(level, mtu)
            print(size)
            print(attempt(int(sys.argv[3])))
            print(attempt(size - headers))
            """)

    /// `4|6 PORT`: says `ready`, answers one datagram with a hop limit of two, and prints whether the error about it
    /// came for the client's address and port, and which it was: errno, ICMP type and code.
    static let shortLivedAnswer = PythonProgram(
        text: """
            import errno, select, socket, struct, sys
            v6 = sys.argv[1] == "6"
            level, hops, errors = (41, 16, 25) if v6 else (0, 2, 11)  # IPV6_RECVERR, IP_RECVERR
            s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
            s.setsockopt(level, errors, 1)
            s.setsockopt(level, hops, 2)
            s.bind(("::" if v6 else "0.0.0.0", int(sys.argv[2])))
            print("ready", flush=True)
            _, peer = s.recvfrom(100)
            s.sendto(b"late", peer)
            poll = select.poll()
            poll.register(s, 0)
            if not poll.poll(5000): sys.exit("no error arrived")
            _, extra, _, target = s.recvmsg(100, 512, socket.MSG_ERRQUEUE)
            number, _, kind, code = struct.unpack("=IBBB", extra[0][2][:7])
            print("client" if target[:2] == peer[:2] else f"{target} is not {peer}",
                  errno.errorcode[number], kind, code)
            """)

    /// `SOURCE ADDRESS PORT`: sends a datagram from an address and prints whether it was answered.
    static let fromAddress = PythonProgram(
        text: """
            import socket, sys
            v6 = ":" in sys.argv[1]
            s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
            s.bind((sys.argv[1], 0))
            s.settimeout(0.3)
            s.sendto(b"?\\n", (sys.argv[2], int(sys.argv[3])))
            try: print("answered" if s.recv(100) else "empty")
            except TimeoutError: print("silence")
            """)

    /// `ADDRESS PORT COUNT`: sends VXLAN packets of our network that bear a UDP packet for that node port.
    static let tunnelPackets = PythonProgram(
        text: """
            import socket, struct, sys
            address, port = sys.argv[1], int(sys.argv[2])
            v6 = ":" in address
            outer = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
            outer.connect((address, 14789))
            udp = struct.pack("!4H", 4000, port, 10, 0) + b"?\\n"
            if v6:
                own = outer.getsockname()[0]
                ends = b"".join(socket.inet_pton(socket.AF_INET6, end) for end in (own, address))
                inner = struct.pack("!IHBB", 6 << 28, len(udp), 17, 64) + ends + udp
            else:
                ends = socket.inet_aton(outer.getsockname()[0]) + socket.inet_aton(address)
                head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0) + ends
                total = sum(struct.unpack("!10H", head))
                total = (total & 0xffff) + (total >> 16)
                inner = head[:10] + struct.pack("!H", ~(total + (total >> 16)) & 0xffff) + ends + udp
            frame = b"\\xff" * 6 + b"\\x02\\0\\0\\0\\0\\1" + struct.pack("!H", 0x86dd if v6 else 0x800) + inner
            for _ in range(int(sys.argv[3])): outer.send(struct.pack("!II", 1 << 27, 0xebf << 8) + frame)
            """)
}
