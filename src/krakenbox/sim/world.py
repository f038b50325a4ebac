"""A world: a real exchange, its clients, the network and the disk between them, simulated time, one seed.

    report = World(plan).run()          raises `Broken` where something is not as it must be

In a step time passes, something may go wrong, clients ask, the exchange applies, syncs and tells, clients
take in what has arrived, and the auditor looks at everything. At the end everything is put right and must
come to rest; then the exchange is started once more, from its snapshots and from its log alone.
"""

from collections import Counter
from collections.abc import Callable

from msgspec import Struct

from krakenbox.durable import recovery
from krakenbox.durable.recovery import Started, recover
from krakenbox.feeds.hub import Hub
from krakenbox.gateway.desk import Host
from krakenbox.journal.log import Header
from krakenbox.journal.storage import Crashed, MemoryStorage
from krakenbox.model.event import Outcome
from krakenbox.sim import auditor, harm
from krakenbox.sim.chronicle import Chronicle
from krakenbox.sim.clients import Client, Trader, Watcher
from krakenbox.sim.dice import Dice
from krakenbox.sim.disk import ProcessDied, Shelf, survivor
from krakenbox.sim.faults import MS_NS, Fault, Feature, Plan
from krakenbox.sim.house import House
from krakenbox.sim.links import Link
from krakenbox.sim.process import Process, Times
from krakenbox.sim.stage import NAMES, Prices, opening
from krakenbox.venue.exchange import RULES
from krakenbox.venue.state import state_hash

START_NS = 1_767_225_600 * 1_000_000_000
"""2026-01-01T00:00:00Z."""
_SNAPSHOTS_KEPT = 2
"""One of them may rot."""
_CALM_ROUNDS = 12
"""Rounds in which a world must come to rest once nothing goes wrong any more: a delayed answer to a delayed
request, and a reconnection before."""


class Broken(Exception):
    """Something is not as it must be."""

    def __init__(self, plan: Plan, step: int, why: str) -> None:
        super().__init__(f"seed {plan.seed}, step {step}: {why}")
        self.plan = plan
        self.step = step
        self.why = why


class Report(Struct):
    """What a world has done."""

    worlds: int = 0
    steps: int = 0
    commands: int = 0
    messages: int = 0
    starts: int = 0
    snapshots: int = 0
    comparisons: int = 0
    world_ns: int = 0
    unavailable: int = 0
    """Requests refused because the disk had failed, as clients were told."""
    faults: dict[str, int] = {}
    events: dict[str, int] = {}

    def add(self, other: "Report") -> None:
        """Take in what another world has done."""
        for name in self.__struct_fields__:
            mine, others = getattr(self, name), getattr(other, name)
            both = mine + others if isinstance(mine, int) else dict(Counter(mine) + Counter(others))
            setattr(self, name, both)


class World:
    """One world."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.step = 0
        self.report = Report(worlds=1)
        self.dice = Dice(plan.seed, "world")
        self.times = Times(START_NS)
        self.chronicle = Chronicle()
        self.clients = _people(plan, self.chronicle, prices := Prices(plan))
        self.disk = MemoryStorage()
        self.shelf = Shelf()
        self.restart_step = 0
        """When a process whose disk failed is started anew; 0 = its disk is sound."""
        self._mourned = False
        """Whether private connections were ended because the disk had failed."""
        self._house = House(plan, prices)
        self._hashes: dict[int, bytes] = {}
        """Of the state after some commands."""
        self.process = self._started(Hub())

    def run(self) -> Report:
        """Run it. Raises `Broken`."""
        try:
            self._open()
            while self.step < self.plan.steps:
                self.step += 1
                self._step()
            self._rest()
        except Exception as error:
            why = str(error) if type(error) is AssertionError else f"{type(error).__name__}: {error}"
            raise Broken(self.plan, self.step, why) from error
        self.report.steps = self.step
        self.report.commands = self.chronicle.seq
        self.report.events = self.chronicle.kinds()
        self.report.world_ns = self.times.world_ns
        self.report.unavailable = sum(client.unavailable for client in self.clients)
        self.report.messages = sum(client.answers for client in self.clients)
        return self.report

    def count(self, fault: Fault) -> None:
        """A fault has befallen it."""
        self.report.faults[fault] = self.report.faults.get(fault, 0) + 1

    # --- steps

    def _open(self) -> None:
        for command in opening(self.plan):
            self.process.submit(command)
        self.process.drain()
        self.disk.defer_syncs = self.plan.has(Fault.DEFER)

    def _step(self) -> None:
        plan, dice = self.plan, self.dice
        self._pass_time()
        try:
            if dice.below(1000) < plan.fault_permille:
                harm.befall(self)
            for command in self._house.commands(self.process.exchange.venue):
                self.process.submit(command)
            self._ask()
            waits = plan.has(Feature.BATCHING) and dice.chance(50)
            self._serve(drain=not waits, flush=not plan.has(Feature.PACING) or dice.chance(40))
        except (ProcessDied, Crashed):
            self.restart()
        self._snapshot()
        if self.restart_step and self.step >= self.restart_step:
            self.restart()
        self.report.comparisons += auditor.check(self.process, self.clients)
        if dice.chance(20):
            exchange = self.process.exchange
            self._hashes[exchange.venue.seq] = state_hash(exchange)

    def _snapshot(self) -> None:
        """Make one now and then, keep the newest few, and of the log what the oldest needs."""
        process = self.process
        if self.plan.has(Feature.SNAPSHOTS) and self.step % self.plan.image_every == 0:
            process.draw(RULES)
        if not process.keep(self.shelf):
            return
        self.report.snapshots += 1
        *older, oldest = sorted(self.shelf.kept(), reverse=True)[: _SNAPSHOTS_KEPT + 1]
        if len(older) == _SNAPSHOTS_KEPT:
            self.shelf.drop(oldest)
            process.log.prune(older[-1])

    def _pass_time(self) -> None:
        dice, gap_ns = self.dice, self.plan.gap_ns
        long = dice.chance(4)
        self.times.world_ns += 1 + (dice.below(4_000 * MS_NS) if long else dice.below(2 * gap_ns))

    def _ask(self) -> None:
        now_ns, clock_ns = self.times.world_ns, self.times.clock_ns()
        for client in self.clients:
            if not client.link.is_open:
                if self.dice.chance(40):
                    self._connect(client)
            elif client.weary:
                harm.cut(self, client)
            elif self.dice.chance(60):
                client.act(clock_ns, now_ns)

    def _connect(self, client: Client) -> None:
        link = Link(self.dice.below(self.plan.delay_ns) if self.plan.has(Fault.DELAY) else 0)
        who = self.process.open(link, client.host)
        client.connected(link, who, self.process.token(client.account))
        client.subscribe(self.times.world_ns)

    def _serve(self, *, drain: bool, flush: bool) -> None:
        """What has arrived is taken in, applied, synced and told."""
        process, now_ns = self.process, self.times.world_ns
        ready = list(process.links.items())
        if self.plan.has(Fault.REORDER):
            ready = [ready.pop(self.dice.below(len(ready))) for _ in range(len(ready))]
        for who, link in ready:
            for text in link.up.arrived(now_ns):
                process.receive(who, text)
        process.pass_time()
        if drain:
            process.drain()
        while self.disk.unfinished_syncs and self.dice.chance(60):
            self.disk.finish_sync()
        if process.sequencer.failed and not self._mourned:
            self._mourn()
        if flush:
            process.flush()
        self._deliver()

    def _mourn(self) -> None:
        """The disk has failed: private connections end, once; who comes back is told that nothing goes."""
        self._mourned = True
        private = set(self.process.private())
        for client in self.clients:
            if client.link.is_open and client.who in private:
                harm.last_words(self, client)
                self.process.drop(client.who)

    def _deliver(self) -> None:
        now_ns = self.times.world_ns
        for client in self.clients:
            link = client.link
            if not link.is_open:
                continue
            if link.reads:
                for frames in link.down.arrived(now_ns):
                    client.receive(frames)
            if link.backlog(now_ns) > self.plan.max_outbox:
                self.process.drop(client.who)

    # --- ends and beginnings

    def restart(self) -> None:
        """The process is gone; what it left is found by the next one."""
        dead = self.process
        for client in self.clients:
            if client.link.is_open:
                harm.last_words(self, client)
                client.link.cut()
        for who in list(dead.links):
            dead.hub.drop(who)
        self.disk = survivor(self.disk, self.dice, torn=self.plan.has(Fault.TORN))
        harm.damage(self)
        harm.set_back(self)
        self.restart_step = 0
        self._mourned = False
        rotten = harm.rot(self)
        self.process = self._started(dead.hub)
        if rotten:
            self.shelf.drop(rotten)
        seq = self.process.sequencer.seq
        self.chronicle.came_back(seq)
        # What was applied and not durable is forgotten: its numbers are given to other commands.
        self._hashes = {known: digest for known, digest in self._hashes.items() if known <= seq}
        if dead.exchange.venue.seq == seq:
            self._hashes[seq] = state_hash(dead.exchange)
        found, expected = state_hash(self.process.exchange), self._hashes.get(seq)
        assert expected is None or found == expected, f"the state after command {seq} is another now"
        auditor.same_views(self.process, dead.hub, self.times.clock_ns())
        self.disk.defer_syncs = self.plan.has(Fault.DEFER)

    def start(self, witness: Callable[[Outcome], None]) -> Started:
        """Start from what is on the disk."""
        plan = recovery.Plan(
            header=Header(rules=RULES, venue_id=self.plan.seed),
            now_ns=self.times.clock_ns,
            witnesses=(witness,),
            hash_every=self.plan.hash_every,
            segment_bytes=self.plan.segment_bytes,
            batch_limit=self.plan.batch_limit,
        )
        return recover(self.disk, self.shelf, plan)

    def _started(self, ghost: Hub) -> Process:
        """A new process. `ghost`, the views of the last one, is told what that could not be told any more."""

        def witness(outcome: Outcome) -> None:
            self.chronicle.repeated(outcome)
            if outcome.seq > ghost.seq:
                ghost.apply(outcome)

        self.report.starts += 1
        limited = self.plan.has(Feature.LIMITS)
        return Process(self.start(witness), self.times, self.chronicle, limited=limited)

    # --- the end

    def _rest(self) -> None:
        """Nothing goes wrong any more: all must be answered, and everybody must know what there is."""
        self.restart()
        harm.calm(self)
        for _ in range(_CALM_ROUNDS):
            self.times.world_ns += 2 * self.plan.delay_ns
            for client in self.clients:
                if client.weary and client.link.is_open:
                    harm.cut(self, client)
                if not client.link.is_open:
                    self._connect(client)
            self._serve(drain=True, flush=True)
            while self.disk.unfinished_syncs:
                self.disk.finish_sync()
            self.times.world_ns += self.plan.delay_ns
            self._deliver()
        for client in self.clients:
            assert not client.in_flight, f"{client.name} waits for {client.in_flight}"
        compared = auditor.check(self.process, self.clients)
        state = [(c.name, c.link.is_open, len(c.link.up), len(c.link.down)) for c in self.clients]
        seqs = self.process.hub.seq, self.process.exchange.venue.seq
        assert compared == len(self.clients), f"this did not come to rest: {seqs}, {state}"
        self.restart()
        self._replay()

    def _replay(self) -> None:
        """The log alone, where it is whole, comes to the same state."""
        if self.process.log.first_seq > 1:
            return
        self.shelf = Shelf()
        replayed = self.start(self.chronicle.repeated)
        found, expected = state_hash(replayed.exchange), state_hash(self.process.exchange)
        assert found == expected, "the log alone comes to another state than a snapshot and the rest of it"


def _people(plan: Plan, chronicle: Chronicle, prices: Prices) -> list[Client]:
    clients: list[Client] = [Trader(plan, name, chronicle, prices) for name in NAMES[: plan.clients]]
    for host, features in (
        (Host.WS, (Feature.BOOKS, Feature.TICKS)),
        (Host.WS_L3, (Feature.LEVEL3,)),
    ):
        if any(plan.has(feature) for feature in features):
            clients.append(Watcher(plan, host, chronicle, Dice(plan.seed, "watcher", host), prices))
    return clients
