"""`kill -9` under load, again and again: what clients were told is there after each restart, once.

A real process in a real directory, clients that are not ours, and the history read with nothing but sqlite3.
"""

import asyncio
import os
import signal
import sqlite3
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from random import Random

import aiohttp
import pytest

from crash.known import Known
from crash.served import accounts, served
from crash.traders import Account, Connection, Market, same_queues, watch

pytestmark = pytest.mark.filterwarnings("default")

BURST, BURST_S = 40, 0.06
"""Requests of each connection before the kill, and how long they take to be sent and answered, roughly."""
SELF_TRADE = "Cannot trade with self"
HISTORY_S = 15
"""By when the history must have what clients were told: it promises two seconds."""


class Story:
    """Accounts, the books they see, and what has been counted."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.dice = Random(seed)
        self.market = Market()
        self.accounts = [
            Account(account, self.market, Random(f"{seed} {name}")) for name, account in accounts().items()
        ]
        self.counts: Counter[str] = Counter()

    def run(self, durabilities: Sequence[str]) -> None:
        """Live through a kill with each durability, and once more to see what the last one left."""
        for durability in (*durabilities, ""):
            options = ("--durability", durability) if durability else ()
            with served(self.folder, "--market", "busy", "--limits", "off", *options) as told:
                asyncio.run(self._round(told, last=not durability))
        self.counts["kills"] = len(durabilities)
        self._audit()

    async def _round(self, told: dict[str, str], *, last: bool) -> None:
        before, self.market.orders, self.market.books = self.market.orders, {}, {}
        async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as tasks:
            connections = await self._come_back(http, told, tasks)
            for symbol, replica in before.items():
                self.counts["untouched orders"] += same_queues(replica, self.market.orders[symbol])
            await asyncio.to_thread(self._compare)
            if not last:
                await self._load(connections, tasks, int(told["pid"]))
            else:
                os.kill(int(told["pid"]), signal.SIGKILL)
        for account in self.accounts:
            account.known.forget_flying()

    async def _load(self, connections: list[list[Connection]], tasks: asyncio.TaskGroup, pid: int) -> None:
        """Trade for a while, then ask for much at once, and kill before all of it is answered."""
        stop = asyncio.Event()
        asking = [
            (account, each) for account, pair in zip(self.accounts, connections, strict=True) for each in pair
        ]
        trading = [tasks.create_task(account.trade(each, stop)) for account, each in asking]
        await asyncio.sleep(self.dice.uniform(0.2, 1.2))
        stop.set()
        await asyncio.wait(trading)
        # From a thread: the loop is busy with what has come.
        threading.Timer(self.dice.uniform(0.0, BURST_S), os.kill, (pid, signal.SIGKILL)).start()
        for _ in range(BURST):
            for account, connection in asking:
                await account.ask(connection)

    async def _come_back(
        self, http: aiohttp.ClientSession, told: dict[str, str], tasks: asyncio.TaskGroup
    ) -> list[list[Connection]]:
        """Connect everybody, and wait until all have seen how things stand."""
        connections = [await account.come_back(http, told) for account in self.accounts]
        token = await self.accounts[0].token(http, told["http_url"])
        public = await watch(http, told, token, self.market)
        for connection in (*(each for pair in connections for each in pair), *public):
            tasks.create_task(connection.read())
        for account, (first, _) in zip(self.accounts, connections, strict=True):
            await first.until(account.settled)
        await public[-1].until(self.market.whole)
        return connections

    # --- the history

    def _compare(self) -> None:
        """The history has everything clients know; and it says what became of what they were not told of."""
        database = self.folder / "data" / "history.sqlite"
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as sql:
            for account in self.accounts:
                self._caught_up(sql, account.known)
                self._settle(sql, account.known)
        sql.close()

    def _caught_up(self, sql: sqlite3.Connection, known: Known) -> None:
        deadline = time.monotonic() + HISTORY_S
        while apart := self._apart(sql, known):
            assert time.monotonic() < deadline, f"{known.account}: {apart}"
            time.sleep(0.05)

    def _apart(self, sql: sqlite3.Connection, known: Known) -> str:
        """What a client knows and the history does not, if anything."""
        name = (known.account,)
        orders = {row[0] for row in sql.execute("SELECT order_id FROM orders WHERE account = ?", name)}
        fills = {row[0] for row in sql.execute("SELECT exec_id FROM fills WHERE account = ?", name)}
        amends = {row[0] for row in sql.execute("SELECT amend_id FROM amends WHERE account = ?", name)}
        ledger = {row[0] for row in sql.execute("SELECT ledger_id FROM ledger WHERE account = ?", name)}
        for told, found, what in (
            (known.orders.keys() | known.acknowledged.values(), orders, "orders"),
            (known.fills.keys(), fills, "fills"),
            (known.amends.keys(), amends, "amends"),
            (known.postings.keys(), ledger, "postings"),
        ):
            if not told <= found:
                return f"{len(told - found)} of {len(told)} {what} are not in the history: {told - found}"
        return ""

    def _settle(self, sql: sqlite3.Connection, known: Known) -> None:
        """Each request without an answer was carried out or was not; orders that are gone have a reason."""
        for request in known.lost.values():
            query = "SELECT status, reason FROM orders WHERE account = ? AND cl_ord_id = ?"
            found = sql.execute(query, (known.account, request.name)).fetchall()
            done = bool(found)
            if request.method == "add_order":
                assert len(found) <= 1, f"{request} was carried out {len(found)} times"
            elif request.method == "amend_order":
                rows = sql.execute(
                    "SELECT qty, limit_price FROM amends WHERE order_id = ?", (request.order_id,)
                )
                asked = (request.qty, request.price)
                done = any((Decimal(qty), Decimal(price)) == asked for qty, price in rows)
            else:
                ((status, _),) = found
                done = status == "canceled"
            self.counts["unanswered, done" if done else "unanswered, not done"] += 1
        asked = {request.order_id for request in (*known.lost.values(), *known.amends.values())}
        entering = known.rowless or any(request.method != "cancel_order" for request in known.lost.values())
        for order in known.missing:
            query = "SELECT status, reason, cum_qty, qty FROM orders WHERE order_id = ?"
            ((status, reason, filled, qty),) = sql.execute(query, (order.order_id,))
            # One that traded into it has canceled it if it was its owner's.
            explained = {
                "filled": Decimal(filled) == Decimal(qty),
                "canceled": order.order_id in asked or (reason == SELF_TRADE and entering),
            }
            assert explained.get(status), f"{order} is gone: {status} {reason}"
            order.ended, order.filled = status, Decimal(filled)
        known.missing.clear()
        known.lost.clear()

    def _audit(self) -> None:
        """All that ever happened, told or not: nothing twice, every balance the sum of its entries."""
        with sqlite3.connect(f"file:{self.folder / 'data' / 'history.sqlite'}?mode=ro", uri=True) as sql:
            for known in (account.known for account in self.accounts):
                self._audit_orders(sql, known)
                self._audit_money(sql, known)
            for table, key in (("orders", "order_id"), ("fills", "exec_id"), ("ledger", "ledger_id")):
                total, distinct = sql.execute(
                    f"SELECT count(*), count(DISTINCT {key}) FROM {table}"
                ).fetchone()
                assert total == distinct, f"{table} has rows twice"
                self.counts[f"{table} in the history"] += total
        sql.close()

    def _audit_orders(self, sql: sqlite3.Connection, known: Known) -> None:
        name = (known.account,)
        entered = sql.execute("SELECT cl_ord_id, order_id FROM orders WHERE account = ?", name).fetchall()
        names = dict(entered)
        assert len(names) == len(entered), "an order was entered twice"
        assert known.acknowledged.items() <= names.items()
        filled: dict[str, Decimal] = defaultdict(Decimal)
        for exec_id, order_id, qty, price, cost, fee, asset in sql.execute(
            "SELECT exec_id, order_id, qty, price, cost, fee, fee_asset FROM fills WHERE account = ?", name
        ):
            filled[order_id] += Decimal(qty)
            told = known.fills.get(exec_id)
            if told is not None:
                (charged,) = told["fees"]
                expected = (told["order_id"], told["last_qty"], told["last_price"], told["cost"])
                assert expected == (order_id, qty, price, cost)
                assert (charged["asset"], Decimal(charged["qty"])) == (asset, Decimal(fee))
        for order_id, cum_qty in sql.execute("SELECT order_id, cum_qty FROM orders WHERE account = ?", name):
            assert filled.get(order_id, Decimal(0)) == Decimal(cum_qty), f"fills of {order_id}"
        for order_id in known.cancels:
            ((status,),) = sql.execute("SELECT status FROM orders WHERE order_id = ?", (order_id,))
            assert status == "canceled", f"{order_id} was canceled; is {status}"
        self.counts["acknowledged orders"] += len(known.acknowledged)
        self.counts["acknowledged amends"] += len(known.amends)
        self.counts["acknowledged cancels"] += len(known.cancels)
        self.counts["fills told"] += len(known.fills)

    def _audit_money(self, sql: sqlite3.Connection, known: Known) -> None:
        balances: dict[str, Decimal] = defaultdict(Decimal)
        fees: dict[str, list[Decimal]] = defaultdict(list)
        for ledger_id, asset, kind, ref_id, *amounts in sql.execute(
            "SELECT ledger_id, asset, kind, ref_id, amount, fee, balance FROM ledger "
            "WHERE account = ? ORDER BY id",
            (known.account,),
        ):
            amount, fee, balance = map(Decimal, amounts)
            balances[asset] += amount - fee
            assert balances[asset] == balance, f"{ledger_id} of {asset}"
            if kind == "trade":
                fees[ref_id].append(fee)
            told = known.postings.get(ledger_id)
            assert told is None or [told[key] for key in ("amount", "fee", "balance")] == amounts
        fills = {
            row[0] for row in sql.execute("SELECT exec_id FROM fills WHERE account = ?", (known.account,))
        }
        assert fees.keys() == fills, "every fill is posted, and nothing else"
        assert all(len(posted) == 2 for posted in fees.values()), "each to both assets, once"
        assert {asset: balances[asset] for asset in known.balances} == known.balances

    def told(self) -> str:
        """What has been seen, in a line."""
        requests = sum(account.requests for account in self.accounts)
        counts = ", ".join(f"{count:,} {what}" for what, count in self.counts.items())
        seen = f"{requests:,} requests, {self.market.messages:,} book messages verified"
        return f"{seen}, {counts}: nothing lost, nothing twice"


def check(story: Story, durabilities: Sequence[str]) -> None:
    story.run(durabilities)
    assert story.counts["acknowledged orders"] > 25 * len(durabilities)
    assert story.counts["fills told"] > 10 * len(durabilities)
    assert story.counts["untouched orders"] > 50 * len(durabilities)
    print(story.told())


def test_what_clients_were_told_outlives_every_kill(tmp_path: Path) -> None:
    # A killed process leaves to the system what it has written: "os" must not lose anything either.
    check(Story(tmp_path, seed=1), ("commit", "os"))


@pytest.mark.soak
@pytest.mark.parametrize(("kills", "durability"), [(100, "commit"), (25, "os")])
def test_a_hundred_times(tmp_path: Path, kills: int, durability: str) -> None:
    check(Story(tmp_path, kills), [durability] * kills)
