"""`krakenbox journal`: what an exchange has kept, whether it is whole, and its past once more.

All of it reads a data directory and leaves it as it is, also while its exchange is running; only `snapshot`
asks a running one for something.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from msgspec.structs import replace as changed

from krakenbox.cli.failure import failing
from krakenbox.cli.posting import LOCAL_URL, Url, post
from krakenbox.cli.running import loop_factory, on_signals, write_ready
from krakenbox.cli.serve import DATA, ConfigFile, Hosts, HttpPort, ReadyFile, WsPort
from krakenbox.config import load, load_default
from krakenbox.durable import report
from krakenbox.durable.archive import Archive
from krakenbox.durable.home import KEYS
from krakenbox.durable.readable import line, named, note, readable
from krakenbox.durable.replay import Replay, ReplayRefused
from krakenbox.durable.verification import foreign_rules, replay_all, snapshots
from krakenbox.errors import ConfigError
from krakenbox.gateway import descriptors
from krakenbox.gateway.keys import decode_keys
from krakenbox.journal.log import JournalError
from krakenbox.journal.reading import Reader
from krakenbox.model.command import Stamped
from krakenbox.model.event import Outcome
from krakenbox.past import PastExchange
from krakenbox.protocol.timestamp import nanos
from krakenbox.venue.exchange import RULES

journal = typer.Typer(
    name="journal", help="Check, show, export and replay what an exchange has kept.", no_args_is_help=True
)

DataDir = Annotated[Path, typer.Argument(metavar="DIR", help="Its data directory.", show_default=True)]
From = Annotated[int | None, typer.Option("--from", min=1, metavar="SEQ", help="The first command.")]
To = Annotated[int | None, typer.Option("--to", min=1, metavar="SEQ", help="The last command.")]
HERE = Path(DATA)


@journal.command()
def verify(
    directory: DataDir = HERE,
    quick: Annotated[bool, typer.Option("--quick", help="Replay nothing: bytes and checksums only.")] = False,
) -> None:
    """Check every segment, frame and snapshot, and by a replay every state hash.

    Ends with status 1 if something is not what was written, and says where.
    """
    with _reading():
        archive = Archive(directory)
        found = snapshots(archive.shelf)
        # Behind the snapshots: a running exchange makes none that its journal does not reach.
        log = archive.log()
        for text in report.extent(log):
            print(text)
        print(report.kept(found))
        if not quick:
            replayed = replay_all(archive.storage, archive.shelf, log, found, RULES)
            print(report.replayed(replayed) if replayed else report.row("replay", _foreign(log)))
        for seq, text in found.damaged.items():
            raise JournalError(f"snapshot {seq} damaged: {text}; a start passes over it")
        ahead = [seq for seq in found.states if seq > log.seq]
        if ahead:
            raise JournalError(
                f"snapshot {ahead[0]} is of a command behind the last of the journal, {log.seq}"
            )


@journal.command()
def show(
    directory: DataDir = HERE,
    *,
    first: From = None,
    last: To = None,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="Commands at most.")] = None,
    account: Annotated[str, typer.Option(help="Only commands of this account.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object a line.")] = False,
) -> None:
    """Print commands in order, one a line: number, time, name, and every field that is not its default."""
    with _reading():
        archive = Archive(directory)
        log = archive.log()
        _check_kept(log, first)
        known_seq, table = archive.listed()
        shown = 0
        for stamped in _commands(log, min((first or 1) - 1, known_seq), last):
            note(stamped.command, table)
            other = account and getattr(stamped.command, "account", "") != account
            if stamped.seq < (first or 1) or other:
                continue
            fields = readable(stamped, table)
            if stamped.seq in log.voided:
                fields["voided"] = True
            print(json.dumps(fields) if as_json else line(fields))
            shown += 1
            if shown == limit:
                break


@journal.command()
def export(
    directory: DataDir = HERE,
    *,
    first: From = None,
    last: To = None,
    events: Annotated[bool, typer.Option("--events", help="With all that each command did.")] = False,
) -> None:
    """Print commands as JSON, one a line, with every field as it is kept: integers, nanoseconds."""
    with _reading():
        archive = Archive(directory)
        log = archive.log()
        _check_kept(log, first)
        begin = first or log.first_seq
        outcomes = _outcomes(archive, log, begin, last) if events else iter(())
        outcome = next(outcomes, None)
        for stamped in _commands(log, begin - 1, last):
            told: dict[str, Any] = {
                "seq": stamped.seq,
                "time_ns": stamped.time_ns,
                "command": named(stamped.command),
            }
            if stamped.seq in log.voided:
                told["voided"] = True
            if outcome is not None and outcome.seq == stamped.seq:
                told["events"] = msgspec.to_builtins(named(outcome.events))
                outcome = next(outcomes, None)
            print(msgspec.json.encode(told).decode())


@journal.command()
def replay(  # noqa: PLR0913 - a parameter is an option of the command line
    directory: DataDir = HERE,
    *,
    until: Annotated[int | None, typer.Option(min=1, metavar="SEQ", help="The last command.")] = None,
    serve: Annotated[bool, typer.Option("--serve", help="Then serve it, to be looked at only.")] = False,
    host: Hosts = None,
    http_port: HttpPort = None,
    ws_port: WsPort = None,
    config: ConfigFile = None,
    ready_file: ReadyFile = None,
) -> None:
    """Build the exchange anew as it was after a command, and print how it stood; nothing of it is changed."""
    if ready_file is not None:
        ready_file.unlink(missing_ok=True)
    with _reading():
        archive = Archive(directory)
        log = archive.log()
        seq = log.seq if until is None else until
        if seq > log.seq:
            raise ConfigError(f"{directory}: the last command is {log.seq}; was {seq}")
        past = _replayed(archive, log, seq)
        count = sum(1 for _ in past.outcomes(seq))
        for text in _standing(past, log, count):
            print(text)
        if serve:
            configured = load_default() if config is None else load(config)
            given = {"hosts": tuple(host or ()), "http_port": http_port, "ws_port": ws_port}
            told = {key: value for key, value in given.items() if value not in (None, ())}
            keys = (*decode_keys(archive.read(KEYS) or b"[]"), *configured.keys())
            exchange = PastExchange(past, archive.identity().secret, keys, changed(configured.server, **told))
            descriptors.raise_limit()
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                runner.run(_serve(exchange, ready_file))


@journal.command()
def snapshot(url: Url = LOCAL_URL) -> None:
    """Let a running exchange begin a snapshot."""
    print(f"begun at command {post(url, 'snapshot', {})['sequence']:,}")


@contextmanager
def _reading() -> Iterator[None]:
    with failing(ConfigError, JournalError):
        try:
            yield
        except FileNotFoundError as error:
            raise ConfigError(f"{error.filename}: was dropped while it was read; try again") from None
        except PermissionError as error:
            raise ConfigError(f"{error.filename}: cannot be read: {error.strerror}") from None


def _check_kept(log: Reader, first: int | None) -> None:
    if first is not None and first < log.first_seq:
        raise ConfigError(f"command {first} is gone: the journal begins with {log.first_seq}")


def _commands(log: Reader, after_seq: int, last: int | None) -> Iterator[Stamped]:
    for record in log.records(after_seq):
        for stamped in record if isinstance(record, list) else ():
            if last is not None and stamped.seq > last:
                return
            if stamped.seq > after_seq:
                yield stamped


def _replayed(archive: Archive, log: Reader, seq: int) -> Replay:
    past = archive.replay(log, seq)
    if foreign_rules(log, past.image_seq, seq, RULES) is not None:
        raise ReplayRefused(_foreign(log))
    return past


def _outcomes(archive: Archive, log: Reader, first: int, last: int | None) -> Iterator[Outcome]:
    past = _replayed(archive, log, first - 1)
    upto_seq = log.seq if last is None else min(last, log.seq)
    if foreign_rules(log, past.image_seq, upto_seq, RULES) is not None:
        raise ReplayRefused(_foreign(log))
    return (outcome for outcome in past.outcomes(upto_seq) if outcome.seq >= first)


def _foreign(log: Reader) -> str:
    rules = sorted({checked.head.header.rules for checked in log.segments.values()} - {RULES})
    of = ", ".join(map(str, rules))
    return f"not possible: commands are of rules {of}, this version has rules {RULES}"


def _standing(past: Replay, log: Reader, count: int) -> Iterator[str]:
    venue = past.exchange.venue
    start = f"snapshot {past.image_seq:,}" if past.image_seq else "the beginning"
    yield report.row("command", f"{past.seq:,} of {log.seq:,}")
    yield report.row("time", nanos(venue.time_ns))
    yield report.row("replay", f"{count:,} commands from {start}, {past.hashes:,} state hashes equal")
    yield report.row("state", past.state)
    yield from report.standing(past.exchange)


async def _serve(exchange: PastExchange, ready_file: Path | None) -> None:
    stop = asyncio.Event()
    on_signals(stop.set)
    async with exchange:
        addresses = exchange.addresses
        if ready_file is not None:
            write_ready(ready_file, addresses)
        for name in ("ws_url", "ws_auth_url", "ws_l3_url", "http_url"):
            print(report.row(name.removesuffix("_url"), getattr(addresses, name)))
        print(
            "To be looked at only: orders and changes are answered EService:Unavailable. Stop: Ctrl-C.",
            flush=True,
        )
        await stop.wait()
