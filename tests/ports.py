"""A port for a program that is about to be started.

Not one that the system gives out (32768 and above): until the program binds it, some other test's connection may have
been given it. Workers share a seed, so the dice are the system's.
"""

import socket
from random import SystemRandom

DICE = SystemRandom()


def free_port() -> int:
    """A port of 127.0.0.1 at which nobody listens."""
    while True:
        port = DICE.randrange(10_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
