"""The HTTP port over real sockets."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from msgspec.structs import replace

from gateway.conftest import PATH, SECRET, T0
from krakenbox.errors import HistoryError
from krakenbox.feeds.hub import Hub
from krakenbox.gateway.admin import Admin
from krakenbox.gateway.http import MAX_BODY, History, Http, Vitals
from krakenbox.gateway.keys import Keyring
from krakenbox.gateway.rest import Rest
from krakenbox.gateway.resthistory import Told
from krakenbox.gateway.sockets import listen, port_of
from krakenbox.history.queries import Found
from krakenbox.model.command import Command, Deposit, OpenAccount, Tier, UseNonce
from krakenbox.model.event import Outcome, Rejected
from krakenbox.model.reject import Reject
from krakenbox.protocol.rest import sign

WELL = Vitals(
    ready=True, sequence=42, uptime_ns=1_500_000_000, connections=3, connects_total=5, messages_total=7
)


class Journal:
    """Takes commands and makes them durable when told to."""

    def __init__(self, at_once: bool = True) -> None:
        self.at_once = at_once
        self.taken: list[tuple[Command, Callable[[Outcome], None]]] = []
        self.arrived = asyncio.Event()
        self.refuses = False

    def submit(self, command: Command, done: Callable[[Outcome], None]) -> None:
        self.taken.append((command, done))
        self.arrived.set()
        if self.at_once:
            self.finish()

    def finish(self) -> None:
        done = self.taken[-1][1]
        refusal = [Rejected(T0, "", Reject.UNAVAILABLE)]
        done(Outcome(1, T0, refusal if self.refuses else []))


@asynccontextmanager
async def served(
    rest: Rest,
    journal: Journal,
    vitals: Vitals = WELL,
    admin: Admin | None = None,
    history: History | None = None,
) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    admin = admin or Admin(Hub(), Keyring(), bytes)
    http = Http(rest, admin, journal.submit, lambda: vitals, lambda: T0, history)
    sockets = listen(("127.0.0.1",), 0)
    await http.start(sockets)
    try:
        async with aiohttp.ClientSession() as client:
            yield client, f"http://127.0.0.1:{port_of(sockets)}"
    finally:
        await http.close()


async def token(client: aiohttp.ClientSession, url: str, nonce: str) -> str:
    body = f"nonce={nonce}"
    headers = {"API-Key": "ALICE", "API-Sign": sign(SECRET, PATH, nonce, body.encode())}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    async with client.post(url + PATH, data=body, headers=headers) as response:
        assert response.status == 200
        return await response.text()


def test_public_methods_by_get_and_post(rest: Rest) -> None:
    async def run() -> None:
        async with served(rest, Journal()) as (client, url):
            async with client.get(f"{url}/0/public/Time") as response:
                assert response.content_type == "application/json"
                assert await response.json() == {
                    "error": [],
                    "result": {"unixtime": 1688669448, "rfc1123": "Thu, 06 Jul 23 18:50:48 +0000"},
                }
            async with client.get(f"{url}/0/public/AssetPairs", params={"pair": "BTC/USD"}) as response:
                assert list((await response.json())["result"]) == ["BTC/USD"]
            async with client.post(f"{url}/0/public/AssetPairs", data={"pair": "XBTUSD"}) as response:
                assert list((await response.json())["result"]) == ["XXBTZUSD"]
            async with client.get(f"{url}/0/public/Nothing") as response:
                assert (response.status, await response.text()) == (
                    200,
                    '{"error":["EGeneral:Unknown method"]}',
                )

    asyncio.run(run())


def test_an_answer_waits_until_its_nonce_is_durable(rest: Rest) -> None:
    async def run() -> None:
        journal = Journal(at_once=False)
        async with served(rest, journal) as (client, url):
            asked = asyncio.create_task(token(client, url, "7"))
            await journal.arrived.wait()
            assert journal.taken[0][0] == UseNonce("ALICE", 7)
            # Another answer overtakes it: nothing but this one waits.
            async with client.get(f"{url}/0/public/Time") as response:
                assert response.status == 200
            assert not asked.done()
            journal.finish()
            assert (await asked).startswith('{"error":[],"result":{"token":"')

    asyncio.run(run())


def test_a_nonce_that_cannot_be_journaled(rest: Rest) -> None:
    async def run() -> None:
        journal = Journal()
        journal.refuses = True
        async with served(rest, journal) as (client, url):
            assert await token(client, url, "7") == '{"error":["EService:Unavailable"]}'

    asyncio.run(run())


class Tables:
    """A history of one answer: what it finds, or why it cannot be read."""

    def __init__(self, found: object = None, error: str = "") -> None:
        self.found = found
        self.error = error
        self.looked_for: list[object] = []

    async def read(self, function: object) -> object:
        self.looked_for.append(function)
        if self.error:
            raise HistoryError(self.error)
        return self.found


async def closed_orders(client: aiohttp.ClientSession, url: str) -> str:
    path, body = "/0/private/ClosedOrders", "nonce=1"
    headers = {"API-Key": "ALICE", "API-Sign": sign(SECRET, path, "1", body.encode())}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    async with client.post(url + path, data=body, headers=headers) as response:
        assert response.status == 200
        return await response.text()


def test_what_is_over_is_read_once_the_nonce_is_durable(rest: Rest) -> None:
    async def run() -> None:
        journal, tables = Journal(at_once=False), Tables(Told(Found([], 0), []))
        async with served(rest, journal, history=tables) as (client, url):
            asked = asyncio.create_task(closed_orders(client, url))
            await journal.arrived.wait()
            assert tables.looked_for == []
            journal.finish()
            assert await asked == '{"error":[],"result":{"closed":{},"count":0}}'
            assert len(tables.looked_for) == 1

    asyncio.run(run())


def test_nothing_is_read_for_a_call_that_is_refused(rest: Rest) -> None:
    async def run() -> None:
        journal, tables = Journal(), Tables()
        journal.refuses = True
        async with served(rest, journal, history=tables) as (client, url):
            assert await closed_orders(client, url) == '{"error":["EService:Unavailable"]}'
            assert tables.looked_for == []

    asyncio.run(run())


@pytest.mark.parametrize("history", [None, Tables(error="the history is 7 commands behind")])
def test_a_history_that_cannot_be_read(
    history: Tables | None, rest: Rest, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        async with served(rest, Journal(), history=history) as (client, url):
            assert await closed_orders(client, url) == '{"error":["EService:Unavailable"]}'

    asyncio.run(run())
    told = [record.getMessage() for record in caplog.records]
    assert told == (
        [] if history is None else ["the history cannot be read: the history is 7 commands behind"]
    )


def test_a_nonce_refusal_is_logged(rest: Rest, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        async with served(rest, Journal()) as (client, url):
            await token(client, url, "8")
            assert await token(client, url, "8") == '{"error":["EAPI:Invalid nonce"]}'

    asyncio.run(run())
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "nonce 8 is not above the last, 8; give each client a key of its own" in record.getMessage()


def test_health(rest: Rest) -> None:
    async def run() -> None:
        async with served(rest, Journal()) as (client, url):
            response = await client.get(f"{url}/health")
            assert response.status == 200
            assert await response.json() == {"ready": True, "sequence": 42, "uptime_s": 1.5}

    asyncio.run(run())


def test_not_ready_is_a_503(rest: Rest) -> None:
    async def run() -> None:
        sick = Vitals(ready=False, sequence=0, uptime_ns=0, connections=0, connects_total=0, messages_total=0)
        async with served(rest, Journal(), sick) as (client, url):
            response = await client.get(f"{url}/health")
            assert response.status == 503
            assert (await response.json())["ready"] is False

    asyncio.run(run())


def test_what_does_not_work_is_told(rest: Rest) -> None:
    async def run() -> None:
        full = replace(WELL, ready=False, trouble="the journal has stopped: [Errno 28] No space left")
        async with served(rest, Journal(), full) as (client, url):
            response = await client.get(f"{url}/health")
            assert (response.status, await response.json()) == (
                503,
                {
                    "ready": False,
                    "sequence": 42,
                    "uptime_s": 1.5,
                    "trouble": "the journal has stopped: [Errno 28] No space left",
                },
            )
            text = await (await client.get(f"{url}/metrics")).text()
            assert "krakenbox_ready 0.0\n" in text
            assert "krakenbox_trouble 1.0\n" in text

    asyncio.run(run())


def test_the_journal_has_metrics(rest: Rest) -> None:
    async def run() -> None:
        lasting = replace(WELL, history_lag=3, journal_bytes=1_000, snapshot=40)
        async with served(rest, Journal(), lasting) as (client, url):
            text = await (await client.get(f"{url}/metrics")).text()
            for line in ("trouble 0.0", "history_lag 3.0", "journal_bytes 1000.0", "snapshot 40.0"):
                assert f"krakenbox_{line}\n" in text

    asyncio.run(run())


def test_two_exchanges_have_metrics_of_their_own(rest: Rest) -> None:
    async def run() -> None:
        async with served(rest, Journal()) as (client, url), served(rest, Journal()) as (_, other):
            for address in (url, other):
                async with client.get(f"{address}/metrics") as response:
                    text = await response.text()
                    assert "krakenbox_sequence 42.0\n" in text
                    assert "krakenbox_connects_total 5.0\n" in text
                    assert "krakenbox_uptime_seconds 1.5\n" in text

    asyncio.run(run())


def test_admin_answers_once_its_commands_are_durable(rest: Rest, hub: Hub, keyring: Keyring) -> None:
    async def run() -> None:
        journal = Journal()
        admin = Admin(hub, keyring, bytes)
        async with served(rest, journal, admin=admin) as (client, url):
            body = {"name": "dave", "tier": "starter", "balances": {"USD": "12.5"}}
            response = await client.post(f"{url}/admin/accounts", json=body)
            assert response.status == 201
            told = await response.json()
            assert (told["name"], told["tier"], len(told["api_key"])) == ("dave", "starter", 56)
            assert [command for command, _ in journal.taken] == [
                OpenAccount("dave", Tier.STARTER),
                Deposit("dave", "USD", 125_000),
            ]
            journal.refuses = True
            response = await client.post(f"{url}/admin/accounts", json={"name": "eve"})
            assert (response.status, await response.json()) == (503, {"error": "EService:Unavailable"})
            response = await client.post(
                f"{url}/admin/keys", data="{", headers={"Content-Type": "application/json"}
            )
            assert response.status == 400
            response = await client.post(f"{url}/admin/keys", data='{"name":"alice"}')
            assert response.status == 415
            response = await client.post(
                f"{url}/admin/keys", json={"name": "alice"}, headers={"Origin": "http://127.0.0.1:8080"}
            )
            assert response.status == 403
            assert await response.json() == {"error": "not from a page of http://127.0.0.1:8080"}

    asyncio.run(run())


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"DELETE /0/public/Time HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"\x16\x03\x01 not HTTP\r\n\r\n", 400),
        (b"POST /0/public/Time HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 1), 413),
    ],
)
def test_bad_requests_are_answered_without_a_traceback(
    rest: Rest, request_bytes: bytes, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        async with served(rest, Journal()) as (_, url):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
            writer.write(request_bytes)
            if status == 413:
                writer.write(b"x" * (MAX_BODY + 1))
            line = await asyncio.wait_for(reader.readline(), 10)
            assert int(line.split()[1]) == status
            writer.close()
            await writer.wait_closed()

    asyncio.run(run())
    assert [record for record in caplog.records if record.exc_info] == []
