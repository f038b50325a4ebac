"""A `krakenbox serve` that may be killed, on a directory that outlives it."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_S = 60
KRAKENBOX = (sys.executable, "-m", "krakenbox")
PORTS = ("--http-port", "0", "--ws-port", "0")


@contextmanager
def served(
    folder: Path, *options: str, command: tuple[str, ...] = KRAKENBOX, fails: bool = False
) -> Iterator[dict[str, str]]:
    """A running exchange: its addresses and pid. At the end it is killed, if it still runs."""
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    where = ("--data", str(folder / "data"), "--seed", "7", "--ready-file", str(ready))
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            [*command, "serve", *PORTS, *where, *options], stdout=output, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + START_S
        while not ready.exists():
            assert process.poll() is None, (folder / "output.txt").read_text()
            assert time.monotonic() < deadline, f"serve was not ready within {START_S} s"
            time.sleep(0.02)
        yield json.loads(ready.read_text())
        if fails:
            assert process.wait(timeout=10) == 1
    finally:
        process.kill()
        process.wait()


def accounts() -> dict[str, dict[str, str]]:
    """The default accounts and their first keys, by name."""
    listed = json.loads(subprocess.check_output([*KRAKENBOX, "accounts", "--json"]))
    return {account["name"]: account for account in listed}
