"""`krakenbox serve` as a process: ready, told to stop, gone."""

import json
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.peer import TEXT, Peer, run
from krakenbox.cli.main import app
from krakenbox.cli.serve import TRUST

PORTS = ("--http-port", "0", "--ws-port", "0")


@contextmanager
def serving(
    ready: Path, *options: str, cwd: Path | None = None
) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A process that is ready, and what its ready file says."""
    ready.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "krakenbox", "serve", *PORTS, "--ready-file", str(ready), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
    )
    try:
        deadline = time.monotonic() + 60
        while not ready.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline, "not ready within a minute"
            time.sleep(0.01)
        yield process, json.loads(ready.read_text())
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_says_goodbye_to_everyone_and_ends_with_0(number: signal.Signals, tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    with serving(ready, "--market", "off", "--ephemeral") as (process, told):
        ws = told["ws_url"].removeprefix("ws://127.0.0.1:").removesuffix("/v2")
        assert told == {
            "http_url": told["http_url"],
            "ws_url": f"ws://127.0.0.1:{ws}/v2",
            "ws_auth_url": f"ws://127.0.0.1:{ws}/ws-auth/v2",
            "ws_l3_url": f"ws://127.0.0.1:{ws}/ws-l3/v2",
            "pid": process.pid,
        }
        assert list(tmp_path.iterdir()) == [ready]

        async def watch() -> None:
            peer = await Peer.connect(int(ws))
            assert (await peer.receive()).opcode == TEXT
            process.send_signal(number)
            assert (await peer.receive()).code == 1001

        run(watch())
        told_to_stop = time.monotonic()
        out, err = process.communicate(timeout=10)
        assert time.monotonic() - told_to_stop < 2
        assert (process.returncode, err) == (0, "")
        assert told["ws_auth_url"] in out
        assert told["http_url"] in out
        assert "alice" in out
        assert "not affiliated with Kraken" in out


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "krakenbox",
                "serve",
                "--ephemeral",
                "--http-port",
                "0",
                "--ws-port",
                port,
            ],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"krakenbox: port {port} of 127.0.0.1 is in use by another program\n"


def test_a_wrong_configuration_is_told(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('[server]\nlimits = "on"')
    result = CliRunner().invoke(app, ["serve", "--config", str(mine)])
    assert result.exit_code == 1
    assert result.stderr == f"krakenbox: {mine}: server.limits: must be one of real, off; was 'on'\n"


def test_it_lives_in_a_directory_and_goes_on_there(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"

    def told(end: signal.Signals) -> str:
        """What a process says of where it lives; it is ended so."""
        with serving(ready, "--market", "off", cwd=tmp_path) as (process, _):
            process.send_signal(end)
            out, err = process.communicate(timeout=30)
            assert err == ""
        return next(line for line in out.splitlines() if line.strip().startswith("data"))

    # Killed, it could not say it: a pipe's text waits until the process ends by itself.
    assert told(signal.SIGTERM).split(maxsplit=1)[1] == "krakenbox-data (new)"
    assert (
        told(signal.SIGTERM).split(maxsplit=1)[1].startswith("krakenbox-data (0 commands replayed; snapshot")
    )
    with serving(ready, "--market", "off", cwd=tmp_path) as (process, _):
        process.kill()
        process.wait()
    assert (
        told(signal.SIGTERM).split(maxsplit=1)[1].startswith("krakenbox-data (1 commands replayed; snapshot")
    )


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with serving(tmp_path / "ready.json", "--market", "off", cwd=tmp_path) as (process, _):
        done = subprocess.run(
            [sys.executable, "-m", "krakenbox", "serve", *PORTS],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            cwd=tmp_path,
        )
        assert done.returncode == 1
        assert done.stderr == f"krakenbox: krakenbox-data: is in use by process {process.pid}\n"


def test_bytes_to_retain_are_a_number_or_all(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["serve", "--data", str(tmp_path), "--retain", "2 GiB"])
    assert result.exit_code == 2
    assert "--retain must be a number of bytes or all; was 2 GiB" in result.stderr


def trusting(told: dict[str, Any]) -> ssl.SSLContext:
    """The context of a client that trusts a process by its ready file."""
    return ssl.create_default_context(cafile=told["ca"])


def test_tls_by_an_authority_that_stays_in_the_directory(tmp_path: Path) -> None:
    ready, data = tmp_path / "ready.json", tmp_path / "data"
    told: list[dict[str, Any]] = []
    for _ in range(2):
        with serving(ready, "--market", "off", "--tls", "--data", str(data)) as (process, addresses):
            told.append(addresses)
            # Who trusted the first process trusts the second one.
            trust = trusting(told[0])
            with urllib.request.urlopen(f"{addresses['http_url']}/health", context=trust) as answer:
                assert answer.status == 200
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=10)
            assert (process.returncode, err) == (0, "")
    ca = str(data / "tls" / "ca.pem")
    assert [each["ca"] for each in told] == [ca, ca]
    assert told[0]["ws_auth_url"].startswith("wss://127.0.0.1:")
    assert [f"  export {name}={ca}" in out.splitlines() for name in TRUST] == [True] * len(TRUST)


@pytest.mark.skipif(sys.platform == "darwin", reason="127.0.0.2 has to be set up there first")
def test_rest_and_websocket_may_have_the_same_port_on_two_addresses(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    where = ("--host", "127.0.0.1", "--ws-host", "127.0.0.2", "--http-port", port, "--ws-port", port)
    with serving(tmp_path / "ready.json", "--ephemeral", "--market", "off", "--tls", *where) as (_, told):
        assert (told["http_url"], told["ws_url"]) == (
            f"https://127.0.0.1:{port}",
            f"wss://127.0.0.2:{port}/v2",
        )
        for address in ("127.0.0.1", "127.0.0.2"):
            with socket.create_connection((address, int(port))) as plain:
                secure = trusting(told).wrap_socket(plain, server_hostname=address)
                assert secure.version() == "TLSv1.3"
                secure.close()


def test_a_brought_certificate_needs_its_key(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["serve", "--ephemeral", "--tls-cert", str(tmp_path / "cert.pem")])
    assert result.exit_code == 2
    assert "--tls-cert and --tls-key need each other" in result.stderr
    missing = ["--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem")]
    result = CliRunner().invoke(app, ["serve", "--ephemeral", *PORTS, *missing])
    assert (result.exit_code, "cert.pem or " in result.stderr) == (1, True)


def test_data_and_ephemeral_exclude_each_other(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["serve", "--data", str(tmp_path), "--ephemeral"])
    assert result.exit_code == 2
    assert "exclude each other" in result.stderr
