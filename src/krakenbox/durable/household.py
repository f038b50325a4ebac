"""One exchange at home: recovered, its history written behind, its snapshots kept while it runs."""

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from krakenbox.durable.directory import Directory
from krakenbox.durable.home import Data, Durability, Home, Identity, Nowhere
from krakenbox.durable.keeper import Keeper
from krakenbox.durable.recovery import HASH_EVERY, Plan, Started, recover
from krakenbox.history.history import History
from krakenbox.journal.disk import Disk
from krakenbox.journal.files import CLOSE_TIMEOUT_S
from krakenbox.journal.log import Header
from krakenbox.model.event import Outcome
from krakenbox.venue.exchange import RULES

_POLL_S = 0.001
"""How often an end looks whether the disk is done."""


class Household:
    """Everything that keeps an exchange. Opened, it is ready for its first command."""

    def __init__(self, home: Home, identity: Identity, history: History, started: Started) -> None:
        self.home = home
        self.identity = identity
        """As it was at the start."""
        self.history = history
        """Orders, fills, ledger and candles in SQL."""
        self.started = started
        """What the start has found, and the exchange itself."""
        self._keeper: Keeper | None = None
        """Of a home that lasts."""
        self._closing = AsyncExitStack()

    @classmethod
    async def open(
        cls, data: Data, fresh: Identity, now_ns: Callable[[], int], disk: Disk | None = None
    ) -> "Household":
        """Recover what lives at `data`, or begin an exchange of the identity `fresh`.

        Raises ConfigError, HistoryError, and JournalError for a journal that cannot be gone on from.
        """
        async with AsyncExitStack() as closing:
            home = _home(data, disk)
            closing.callback(home.close)
            identity = home.identity() or fresh
            if not identity.begun:
                home.remember(identity)
            history = History(data.history or home.history_url, identity.venue_id)
            closing.push_async_callback(history.close)
            plan = Plan(
                header=Header(rules=RULES, venue_id=identity.venue_id),
                now_ns=now_ns,
                witnesses=(history.observe,),
                history_seq=history.committed_seq,
                accept_future=data.accept_future,
                hash_every=HASH_EVERY if home.lasting else 0,
            )
            found = cls(home, identity, history, recover(home.storage, home.shelf, plan))
            if isinstance(home, Directory):
                found._keep(home, data)
            found._closing = closing.pop_all()
        return found

    def observe(self, outcomes: Sequence[Outcome]) -> None:
        """Let the history know what is published."""
        for outcome in outcomes:
            self.history.observe(outcome)

    def opened(self, identity: Identity) -> None:
        """Remember what the exchange was told at its start, once that is durable."""
        if identity != self.identity:
            self.home.remember(identity)

    def step(self) -> None:
        """Look whether a snapshot is due or done; every now and then."""
        if self._keeper is not None:
            self._keeper.step()

    def capture(self) -> int | None:
        """Begin a snapshot: of which command, 0 if it cannot; None where none are kept."""
        return None if self._keeper is None else self._keeper.capture()

    @property
    def trouble(self) -> str:
        """Why the journal does not work, or what the history has to get over; empty if all is well."""
        failure, history = self.started.sequencer.failure, self.history
        if failure is not None:
            return f"the journal has stopped: {failure}"
        lags = history.failure or history.trouble
        return f"the history has trouble: {lags}" if lags else ""

    @property
    def journal_bytes(self) -> int:
        """Size of the journal; 0 where nothing is kept."""
        return self.started.log.size_bytes if self.home.lasting else 0

    @property
    def image_seq(self) -> int:
        """The command of the newest snapshot; 0 for none."""
        return 0 if self._keeper is None else self._keeper.image_seq

    async def close(self, *, whole: bool = True) -> None:
        """Make the last snapshot, unless views and exchange are not `whole`, and leave home."""
        try:
            await self._settle()
            if self._keeper is not None:
                self._keeper.close(last=whole)
        finally:
            await self._closing.aclose()

    async def _settle(self) -> None:
        """Wait until what was done is durable and shown: an outcome must not reach the views twice."""
        sequencer, loop = self.started.sequencer, asyncio.get_running_loop()
        end = loop.time() + CLOSE_TIMEOUT_S
        while sequencer.held() and not sequencer.failed and loop.time() < end:  # noqa: ASYNC110 - by the disk
            await asyncio.sleep(_POLL_S)

    def _keep(self, home: Directory, data: Data) -> None:
        history, sequencer = self.history, self.started.sequencer

        def catch_up(after_seq: int) -> Iterator[Outcome]:
            past = home.replay(after_seq).outcomes(sequencer.durable_seq)
            return (outcome for outcome in past if outcome.seq > after_seq)

        history.catch_up = catch_up
        self._keeper = Keeper(self.started, home.shelf, data.retain, lambda: history.committed_seq)
        if data.durability is Durability.OS:
            # The machine's crash could else leave a snapshot of what the journal's files lost.
            self._keeper.settle_by(os.sync)


def _home(data: Data, disk: Disk | None) -> Home:
    if not data.directory:
        return Nowhere()
    call_soon = asyncio.get_running_loop().call_soon_threadsafe
    return Directory(Path(data.directory), call_soon, data.durability, disk)
