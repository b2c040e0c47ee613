#!/usr/bin/python3
"""A stand-in for a program of the table: it listens or connects, and answers. Linux calls it as its file is called.

NAME tcp listen PORT              NAME udp listen PORT
NAME tcp connect ADDRESS PORT [OWN-PORT] [SECONDS]      NAME udp send ADDRESS PORT [OWN-PORT]
"""

import socket
import sys
import time


def listen(proto: str, port: int) -> None:
    """Answer every client, until killed."""
    if proto == "udp":
        bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        bound.bind(("", port))
        while True:
            data, sender = bound.recvfrom(2048)
            bound.sendto(b"answer " + data, sender)
    server = socket.create_server(("", port))
    held = []
    while True:
        held.append(server.accept()[0])  # the other side closes
        held[-1].sendall(b"hello\n")


def connect(proto: str, address: str, port: int, own: int, seconds: float) -> None:
    """Connect, stay for a while, and leave."""
    kind = socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if own:
            made.bind(("", own))
        made.connect((address, port))
        made.send(b"request\n")
        made.settimeout(5)
        made.recv(2048)
        time.sleep(seconds)
        if proto == "tcp":
            # A reset leaves no TIME_WAIT behind, so that the fixed port can be taken again at once.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def main() -> None:
    proto, what, *rest = sys.argv[1:]
    if what == "listen":
        listen(proto, int(rest[0]))
    address, port, own, seconds = [*rest, "0", "0.8"][:4] if len(rest) < 4 else rest
    connect(proto, address, int(port), int(own), float(seconds))


if __name__ == "__main__":
    main()
