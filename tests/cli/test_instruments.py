"""`krakenbox instruments import`, and an exchange that lists all it has imported."""

import os
import sys
import tomllib
import urllib.request
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from cli.test_serve import serving
from config.kraken_lists import PAIRS, replies, saved, shipped
from krakenbox.cli.main import app

MOST_MB = 300
MOST_CPU_S = 5
"""Of processor time, so that a machine with other work does not fail it; alone it takes about three."""


def test_it_writes_to_stdout_and_tells_how_many(tmp_path: Path) -> None:
    pairs, assets = shipped()
    pairs["XXBTZUSD.d"] = {**pairs["XXBTZUSD"], "wsname": ""}
    files = [str(file) for file in saved(tmp_path, pairs=pairs, assets=assets)]
    result = CliRunner().invoke(app, ["instruments", "import", *files])
    assert (result.exit_code, result.stderr) == (
        0,
        "15 pairs; 1 left out that are no currency pairs of the international venue\n",
    )
    assert len(tomllib.loads(result.stdout)["instruments"]) == 15


def test_what_is_wrong_is_told_in_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["instruments", "import", str(tmp_path / "none.json")])
    assert result.exit_code == 1
    assert (
        result.stderr == f"krakenbox: {tmp_path / 'none.json'}: cannot be read: No such file or directory\n"
    )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_all_that_kraken_lists_starts_soon_and_stays_small(tmp_path: Path) -> None:
    pairs, assets = replies()
    files = [str(file) for file in saved(tmp_path, pairs=pairs, assets=assets)]
    many = tmp_path / "many.toml"
    assert CliRunner().invoke(app, ["instruments", "import", *files, "--output", str(many)]).exit_code == 0

    options = ("--config", str(many), "--data", str(tmp_path / "data"), "--market", "calm")
    for _ in range(2):  # a fresh one, and one that comes back
        with serving(tmp_path / "ready.json", *options) as (process, told):
            stat = Path(f"/proc/{process.pid}/stat").read_text().rpartition(") ")[2].split()
            assert sum(map(int, stat[11:13])) < MOST_CPU_S * os.sysconf("SC_CLK_TCK")
            with urllib.request.urlopen(f"{told['http_url']}/0/public/AssetPairs") as answer:
                assert len(msgspec.json.decode(answer.read())["result"]) == PAIRS
            status = Path(f"/proc/{process.pid}/status").read_text().split()
            assert int(status[status.index("VmHWM:") + 1]) < MOST_MB << 10
            process.terminate()
            assert process.wait(timeout=30) == 0
