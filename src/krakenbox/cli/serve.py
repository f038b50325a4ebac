"""`krakenbox serve`: an exchange until it is told to stop."""

import asyncio
import gc
import logging
import shlex
from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec.structs import replace
from rich.console import Console
from rich.markup import escape

from krakenbox import __version__
from krakenbox.cli.failure import failing
from krakenbox.cli.running import loop_factory, on_signals, write_ready
from krakenbox.config import Config, Durability, Limits, MarketLevel, load, load_default
from krakenbox.errors import ConfigError, HistoryError
from krakenbox.gateway import descriptors
from krakenbox.journal.log import JournalError
from krakenbox.local import LocalExchange

DATA = "krakenbox-data"
"""Where an exchange lives that is told nothing else."""
TRUST = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "DENO_CERT")
"""Variables that say whom to trust: to OpenSSL (Python, Go, .NET), requests, curl, Node and Bun, Deno."""


Hosts = Annotated[
    list[str] | None, typer.Option(help="Address to listen on; repeatable. Default 127.0.0.1 and ::1.")
]
WsHosts = Annotated[
    list[str] | None,
    typer.Option("--ws-host", help="Address of the WebSocket port alone; repeatable. Default as --host."),
]
HttpPort = Annotated[
    int | None, typer.Option(min=0, max=65_535, help="REST port; 0 is a free one. Default 8080.")
]
WsPort = Annotated[
    int | None, typer.Option(min=0, max=65_535, help="WebSocket port; 0 is a free one. Default 8081.")
]
TlsSwitch = Annotated[
    bool, typer.Option("--tls", help="Speak https and wss, by an authority made in the data directory.")
]
TlsCert = Annotated[Path | None, typer.Option(help="Own certificate and its chain, in PEM; implies --tls.")]
TlsKey = Annotated[Path | None, typer.Option(help="Key of the own certificate.")]
ConfigFile = Annotated[Path | None, typer.Option(help="TOML file over the shipped configuration.")]
Seed = Annotated[int | None, typer.Option(help="Same seed, same market and ids. Default random.")]
Level = Annotated[MarketLevel | None, typer.Option(help="How much the seeded market trades. Default calm.")]
LimitsSwitch = Annotated[
    Limits | None, typer.Option(help="Trading counters, order caps, REST counter, connects. Default real.")
]
DataDir = Annotated[Path | None, typer.Option(help=f"Directory the exchange lives in. Default {DATA}.")]
Ephemeral = Annotated[bool, typer.Option("--ephemeral", help="Forget everything at the end.")]
DurabilityLevel = Annotated[
    Durability | None,
    typer.Option(help="Answer once the disk has a command, or once the system has. Default commit."),
]
Retain = Annotated[
    str | None, typer.Option(metavar="BYTES|all", help="Journal and snapshots kept, together. Default 2 GiB.")
]
HistoryUrl = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Database of the history. Default SQLite beside the journal."),
]
AcceptFuture = Annotated[
    bool, typer.Option("--accept-future", help="Start though the journal ends ahead of the clock.")
]
ReadyFile = Annotated[
    Path | None, typer.Option(help="Written once everything listens: addresses and pid as JSON.")
]


def serve(  # noqa: PLR0913 - a parameter is an option of the command line
    *,
    host: Hosts = None,
    http_port: HttpPort = None,
    ws_host: WsHosts = None,
    ws_port: WsPort = None,
    tls: TlsSwitch = False,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    config: ConfigFile = None,
    seed: Seed = None,
    market: Level = None,
    limits: LimitsSwitch = None,
    data: DataDir = None,
    ephemeral: Ephemeral = False,
    durability: DurabilityLevel = None,
    retain: Retain = None,
    history: HistoryUrl = None,
    accept_future: AcceptFuture = False,
    ready_file: ReadyFile = None,
) -> None:
    """Run an exchange until SIGINT or SIGTERM."""
    if data is not None and ephemeral:
        raise typer.BadParameter("--data and --ephemeral exclude each other")
    if (tls_cert is None) is not (tls_key is None):
        raise typer.BadParameter("--tls-cert and --tls-key need each other")
    listening = {"hosts": tuple(host or ()), "http_port": http_port, "limits": limits}
    server = {**listening, "ws_hosts": tuple(ws_host or ()), "ws_port": ws_port}
    secured = {
        "enabled": tls or tls_cert is not None or None,
        "cert": tls_cert and str(tls_cert),
        "key": tls_key and str(tls_key),
    }
    kept = {
        "directory": "" if ephemeral else data and str(data),
        "durability": durability,
        "retain": _bytes(retain),
        "history": history,
        "accept_future": accept_future or None,
    }
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    if ready_file is not None:
        # One left by an earlier run would tell of ports that nobody listens on.
        ready_file.unlink(missing_ok=True)
    descriptors.raise_limit()
    with failing(ConfigError, HistoryError, JournalError):
        base = load_default() if config is None else load(config)
        exchange = LocalExchange(seed=seed, market=market, config=_told(base, server, secured, kept))
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_run(exchange, ready_file))


def _told(base: Config, server: dict[str, Any], secured: dict[str, Any], kept: dict[str, Any]) -> Config:
    """The configuration, and over it what the command line names."""
    at_home = replace(base.data, directory=base.data.directory or DATA)
    return replace(
        base,
        server=replace(base.server, **_given(server)),
        tls=replace(base.tls, **_given(secured)),
        data=replace(at_home, **_given(kept)),
    )


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """Those that the command line names."""
    return {key: value for key, value in options.items() if value not in (None, ())}


def _bytes(retain: str | None) -> int | None:
    if retain is None:
        return None
    if retain == "all":
        return 0
    if not retain.isdecimal():
        raise typer.BadParameter(f"--retain must be a number of bytes or all; was {retain}")
    return int(retain)


async def _run(exchange: LocalExchange, ready_file: Path | None) -> None:
    stop = asyncio.Event()
    on_signals(stop.set)
    async with exchange:
        # What a start leaves stays for good: unless the collector looks at it again, its pauses halve.
        # (Measured with a market: 92 to 134 ms each before, 53 after.)
        gc.collect()
        gc.freeze()
        if ready_file is not None:
            write_ready(ready_file, exchange, exchange.ca)
        Console(soft_wrap=True, highlight=False).print(_banner(exchange))
        ended, stopped = asyncio.ensure_future(exchange.ended()), asyncio.ensure_future(stop.wait())
        await asyncio.wait((ended, stopped), return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if ended.done():
            ended.result()
        ended.cancel()


def _banner(exchange: LocalExchange) -> str:
    market = exchange.config.market
    seed = "random seed" if market.seed is None else f"seed {market.seed}"
    rows = [
        ("market data", exchange.ws_url),
        ("trading", exchange.ws_auth_url),
        ("level3", exchange.ws_l3_url),
        ("REST", f"{exchange.http_url}/0/"),
        ("health", f"{exchange.http_url}/health"),
        ("metrics", f"{exchange.http_url}/metrics"),
        ("data", _data(exchange)),
        *((("authority", str(exchange.ca)),) if exchange.ca is not None else ()),
        *((access.name, f"{access.api_key} ({access.tier})") for access in exchange.accounts.values()),
    ]
    return "\n".join(
        [
            f"[bold]krakenbox {__version__}[/] market {market.level}, {seed}; not affiliated with Kraken",
            *(f"  [cyan]{name:<12}[/] {escape(value)}" for name, value in rows),
            *_environment(exchange.ca),
            "Secrets: krakenbox accounts. Stop: Ctrl-C.",
        ]
    )


def _environment(ca: Path | None) -> list[str]:
    """Lines for the shell that a client is started from."""
    if ca is None:
        return []
    return [
        "Clients trust it by these lines, or as docs/clients.md says:",
        *(escape(f"  export {name}={shlex.quote(str(ca))}") for name in TRUST),
    ]


def _data(exchange: LocalExchange) -> str:
    """Where the exchange lives, and what its start has found there."""
    directory, started = exchange.config.data.directory, exchange.household.started
    if not directory:
        return "in memory, ends with this process"
    if not started.image_seq and not started.recovery.commands:
        return f"{directory} (new)"
    found = [f"{started.recovery.commands:,} commands replayed"]
    if started.image_seq:
        found.append(f"snapshot of command {started.image_seq:,}")
    torn, voided = started.recovery.torn, started.recovery.voided
    if torn is not None:
        found.append(f"a torn end of {torn.dropped} bytes cut")
    if voided:
        found.append(f"commands that had crashed skipped: {', '.join(map(str, voided))}")
    if started.damaged:
        found.append(f"damaged snapshots passed over: {', '.join(map(str, started.damaged))}")
    return f"{directory} ({'; '.join(found)})"
