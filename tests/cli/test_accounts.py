"""`krakenbox accounts`, on the configuration and against a running exchange."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from krakenbox.cli.main import app
from krakenbox.config import load_default
from krakenbox.local import LocalExchange

RUNNER = CliRunner()


def accounts(*arguments: str) -> Result:
    return RUNNER.invoke(app, ["accounts", *arguments])


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """HTTP address of an exchange that runs in a thread of its own."""
    started, stop = threading.Event(), threading.Event()
    address = []

    async def serve() -> None:
        async with LocalExchange(seed=7, market="off") as exchange:
            address.append(exchange.http_url)
            started.set()
            await asyncio.get_running_loop().run_in_executor(None, stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert started.wait(30)
    yield address[0]
    stop.set()
    thread.join()


def test_json_is_what_tests_and_readmes_rely_on() -> None:
    result = accounts("--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert [list(account) for account in told] == [["name", "api_key", "api_secret", "tier"]] * 3
    assert [(a["name"], a["tier"]) for a in told] == [
        ("alice", "pro"),
        ("bob", "intermediate"),
        ("carol", "starter"),
    ]
    first = load_default().accounts["alice"].keys[0]
    assert (told[0]["api_key"], told[0]["api_secret"]) == (first.api_key, first.api_secret)


def test_for_people() -> None:
    result = accounts()
    first = load_default().accounts["alice"].keys[0]
    assert result.stdout.splitlines()[:3] == [
        "alice (pro)",
        f"  API key     {first.api_key}",
        f"  API secret  {first.api_secret}",
    ]


def test_of_another_configuration(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text("defaults = false")
    assert accounts("--json", "--config", str(mine)).stdout == "[]\n"
    mine.write_text("defaults = 1")
    result = accounts("--config", str(mine))
    assert (result.exit_code, result.stderr) == (
        1,
        f"krakenbox: {mine}: defaults: must be true or false; was 1\n",
    )


def test_add_fund_and_key_on_a_running_exchange(url: str) -> None:
    result = accounts("add", "dave", "--tier", "starter", "--balance", "USD=1000", "--url", url, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["name"], told["tier"], len(told["api_key"]), len(told["api_secret"])) == (
        "dave",
        "starter",
        56,
        88,
    )

    assert accounts("fund", "dave", "BTC", "0.5", "--url", url).stdout == "dave: 0.5 BTC deposited\n"

    result = accounts("key", "dave", "--permission", "query-funds", "--url", url, "--json")
    another = json.loads(result.stdout)
    assert another["api_key"] != told["api_key"]
    assert accounts("key", "dave", "--url", url).stdout.startswith("dave\n  API key     ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["add", "alice"], "there is an account alice already"),
        (["fund", "nobody", "USD", "1"], "there is no account nobody"),
        (["fund", "alice", "USD", "0.00001"], "amount must be above 0 with at most 4 decimals; was 0.00001"),
        (["fund", "alice", "USD", "many"], "Invalid decimal string - at `$.amount`"),
        (["key", "nobody"], "there is no account nobody"),
    ],
)
def test_what_the_exchange_refuses(url: str, arguments: list[str], message: str) -> None:
    result = accounts(*arguments, "--url", url)
    assert (result.exit_code, result.stderr) == (1, f"krakenbox: {message}\n")


def test_a_balance_without_its_sign() -> None:
    result = accounts("add", "dave", "--balance", "USD")
    assert result.exit_code == 2
    assert "a balance is written ASSET=AMOUNT; was USD" in result.stderr


def test_nobody_is_there() -> None:
    result = accounts("add", "dave", "--url", "http://127.0.0.1:9")
    assert result.exit_code == 1
    assert result.stderr.startswith("krakenbox: no exchange at http://127.0.0.1:9: ")
