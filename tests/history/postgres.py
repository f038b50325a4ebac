"""A PostgreSQL server for tests: its own folder, a socket instead of a port, nothing synced to disk."""

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

START_S = 30
"""How long a server may take to start or stop."""


def programs() -> Path | None:
    """Where `initdb` and `postgres` are, on the path or where Debian puts them."""
    on_path = shutil.which("postgres")
    places = [Path(on_path).resolve().parent] if on_path else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((p for p in places if (p / "initdb").exists() and (p / "postgres").exists()), None)


def _other_user() -> str | None:
    """PostgreSQL does not run as root: then it runs as its own user, or as nobody."""
    if os.geteuid() != 0:
        return None
    known = Path("/etc/passwd").read_text().splitlines()
    return "postgres" if any(line.startswith("postgres:") for line in known) else "nobody"


class Server:
    """A server that can be stopped and started."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._user = _other_user()
        # Not in pytest's folder: that is root's alone, and a socket's path has 107 characters at most.
        self._folder = Path(tempfile.mkdtemp(prefix="krakenbox-pg-"))
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        if self._user is not None:
            shutil.chown(self._folder, self._user)
        options = ["--auth=trust", "--username=krakenbox", "--encoding=UTF8", "--no-sync", "--no-locale"]
        self._run("initdb", "-D", str(self._data), *options).check_returncode()
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = ["listen_addresses=", f"unix_socket_directories={self._folder}", "fsync=off"]
        options = [part for setting in settings for part in ("-c", setting)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, *options],
                stdout=log,
                stderr=log,
                cwd="/",
                user=self._user,
            )
        wait = self._run("pg_isready", "-h", str(self._folder), "-q")
        for _ in range(START_S * 20):
            if wait.returncode == 0:
                return
            assert self._process.poll() is None, (self._folder / "log").read_text()
            wait = self._run("pg_isready", "-h", str(self._folder), "-q", "-t", "1")
        raise AssertionError((self._folder / "log").read_text())

    def stop(self) -> None:
        """Stop it at once: every connection breaks."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(START_S)
            self._process = None

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"history{next(self._numbers)}"
        with psycopg.connect(self._at("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql+psycopg://krakenbox@/{name}?host={self._folder}"

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _at(self, name: str) -> str:
        return f"host={self._folder} user=krakenbox dbname={name}"

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [self._programs / program, *arguments],
            check=False,
            cwd="/",
            user=self._user,
            stdout=subprocess.DEVNULL,
        )
