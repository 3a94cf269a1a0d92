"""Ports of loopback that nobody listens on, and that no other process of the same test run is given."""

import os
import random
import socket

#: below the ports that Linux and macOS give to connections by themselves
FIRST, LAST = 20_000, 32_000
#: processes of one run, each with a range of its own (pytest-xdist calls them gw0, gw1, ...)
MOST_PROCESSES = 8


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    return row_of_free_ports(1)


def free_ports(count: int) -> list[int]:
    """Return different ports that nobody listens on just now."""
    ports: set[int] = set()
    while len(ports) < count:
        ports.add(free_port())
    return sorted(ports)


def row_of_free_ports(count: int) -> int:
    """Return the first of `count` ports in a row that nobody listens on just now."""
    width = (LAST - FIRST) // MOST_PROCESSES
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % MOST_PROCESSES
    first = FIRST + process * width
    for _ in range(1000):
        port = random.randrange(first, first + width - count)
        if all(_is_free(each) for each in range(port, port + count)):
            return port
    raise AssertionError(f"no {count} free ports in a row")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
