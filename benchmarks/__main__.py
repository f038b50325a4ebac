"""`python -m benchmarks`: measure, print the table, write BENCHMARKS.md. Takes a few minutes.

With KRAKENBOX_BENCH_QUICK set: one round of a tenth of the load, in seconds, and nothing is written.
"""

import asyncio
import os
import platform
import sys
from collections.abc import Coroutine
from contextlib import AbstractContextManager
from importlib.metadata import version
from pathlib import Path

from benchmarks import recovery, requests, servers
from benchmarks.load import Figures, Load, measure
from benchmarks.report import MARK, Measured, table
from benchmarks.servers import Server

QUICK = bool(os.environ.get("KRAKENBOX_BENCH_QUICK"))
ROUNDS = 1 if QUICK else 5
SCALE = 1 if QUICK else 10

LOADS = (
    Load("add_order to ack, one in flight", 1_000 * SCALE, in_flight=1),
    Load("add_order, 64 in flight", 3_000 * SCALE, in_flight=64),
    Load("add_order, 64 in flight, executions subscribed", 3_000 * SCALE, in_flight=64, executions=True),
    Load("100 book subscribers, 64 orders in flight", 1_000 * SCALE, in_flight=64, subscribers=100),
    Load("1,000 book subscribers, 64 orders in flight", 150 * SCALE, in_flight=64, subscribers=1_000),
    Load("1,000 book subscribers, one order in flight", 50 * SCALE, in_flight=1, subscribers=1_000),
)

HEAD = f"""# Benchmarks

`make bench` measures and writes this page: {ROUNDS} rounds, each with every load on a fresh *bare picows* and
then on a fresh krakenbox; figures are the medians of the rounds. Servers and clients share one machine and
its loopback. Trust the ratios, and absolute figures only as far as you trust the machine.

*Bare picows* is krakenbox's network library with nothing behind it: it answers an order with a fixed ack, or
also writes a fixed book update to each subscriber, both as long as krakenbox's. krakenbox decodes, checks,
frames and hashes its journal (kept nowhere yet), matches, posts the ledger, acknowledges, and renders the
book with its checksum. Without subscribers every second order trades with the one before it, another
account's; with subscribers every order makes one book update. krakenbox sends public frames every 10 ms, or
as seldom as leaves half of the core to orders, and writes once per connection: so it can deliver more frames
than a server that writes each one.
"""
FOOT = f"""
{MARK.strip()} A client process used most of a core: the server may be faster than this says.

## Starts

Measured once, without servers. A start from the journal alone reads and checks it, applies every command at
its recorded time, brings the views up to date, and compares the state hashes that were written on the way;
beside it the same commands already decoded. A start from a snapshot checks the whole journal before it too.
"""


def main() -> None:
    """Measure, print and write."""
    _raise_open_files()
    load_average = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    measured = [Measured(load, [], []) for load in LOADS]
    for number in range(1, ROUNDS + 1):
        for load, ours, theirs in measured:
            theirs.append(_figures(servers.bare(), load))
            ours.append(_figures(servers.krakenbox(requests.SUBSCRIBE_BOOK), load))
            busy = f"clients used {ours[-1].client_load:.0%} of a core, on bare {theirs[-1].client_load:.0%}"
            print(f"round {number} of {ROUNDS}: {load.name}; {busy}", file=sys.stderr)
    text = table(measured)
    print(text)
    starts = recovery.table(recovery.measure())
    print(f"\n{starts}")
    if not QUICK:
        page = Path(__file__).parent.parent / "BENCHMARKS.md"
        page.write_text(f"{HEAD}\n{_machine(load_average)}\n\n{text}\n{FOOT}\n{starts}\n", encoding="utf-8")


def _figures(starting: AbstractContextManager[Server], load: Load) -> Figures:
    """One load on a fresh server."""
    with starting as server:
        one, other = server.tokens
        stream = requests.resting(one) if load.subscribers else requests.trading(one, other)
        first = requests.subscribe_executions(one) if load.executions and server.hello else b""
        return _run(measure(server, load, stream, first))


def _run(measuring: Coroutine[None, None, Figures]) -> Figures:
    """On uvloop where there is one, as the servers."""
    if sys.platform == "win32":
        return asyncio.run(measuring)
    import uvloop  # noqa: PLC0415

    return uvloop.run(measuring)


def _raise_open_files() -> None:
    """Each subscriber is an open file here and in its server; child processes inherit the limit."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * max(load.subscribers for load in LOADS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _machine(load_average: float | None) -> str:
    busy = "" if load_average is None else f"; load average {load_average:.1f} before the first round"
    return (
        f"Python {platform.python_version()}, picows {version('picows')}, {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} cores{busy}."
    )


if __name__ == "__main__":
    main()
