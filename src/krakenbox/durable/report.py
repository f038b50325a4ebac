"""What a journal holds and what an exchange is, in lines for people."""

from collections.abc import Iterable, Iterator

from krakenbox.durable.verification import Replayed, Snapshots
from krakenbox.engine.book import BookSide
from krakenbox.journal.reading import Reader
from krakenbox.model.command import Tier
from krakenbox.model.fixed import to_text
from krakenbox.protocol.timestamp import nanos
from krakenbox.venue.accounts import Account
from krakenbox.venue.exchange import Exchange
from krakenbox.venue.market import Market
from krakenbox.venue.venue import Venue

_NAME = 12
"""Width of the first column."""


def row(name: str, value: str) -> str:
    """A line of a report."""
    return f"{name:<{_NAME}}{value}"


def extent(log: Reader) -> Iterator[str]:
    """What a log holds: segments, commands, stamps, rules, voids, and how it ends."""
    first = next((record for record in log.records() if isinstance(record, list)), None)
    size = sum(checked.size for checked in log.segments.values())
    yield row("segments", f"{len(log.segments):,}, {size:,} bytes")
    for segment, checked in log.segments.items():
        held = f"commands {segment:,} to {checked.seq:,}" if checked.seq >= segment else "no command"
        yield f"  {segment:020}.log  {held}, {checked.size:,} bytes, rules {checked.head.header.rules}"
    if first is None:
        yield row("commands", "none")
    else:
        last = next(reversed(log.segments.values()))
        yield row("commands", f"{first[0].seq:,} to {log.seq:,}")
        yield row("stamps", f"{nanos(first[0].time_ns)} to {nanos(last.time_ns)}")
    rules = sorted({checked.head.header.rules for checked in log.segments.values()})
    yield row("rules", ", ".join(map(str, rules)) or "none")
    voided = ", ".join(f"{seq:,}" for seq in sorted(log.voided))
    yield row("voided", f"{voided}: crashed or stood behind one that did, skipped" if voided else "none")
    torn = log.torn
    if torn is None:
        yield row("end", "whole")
    else:
        where = f"{torn.dropped:,} bytes at byte {torn.position:,} of {torn.segment:020}.log"
        yield row("end", f"{where}: torn, never acknowledged, or being written now")


def kept(found: Snapshots) -> str:
    """The whole snapshots of a shelf."""
    return row("snapshots", ", ".join(f"{seq:,}" for seq in found.states) or "none")


def replayed(found: Replayed) -> str:
    """What a replay has shown."""
    start = f"snapshot {found.after_seq:,}" if found.after_seq else "the beginning"
    equal = f"{found.hashes:,} state hashes and {found.states:,} snapshots equal"
    return row("replay", f"{found.commands:,} commands from {start}, {equal}")


def standing(exchange: Exchange) -> Iterator[str]:
    """Who has what, and how each market stands."""
    venue = exchange.venue
    yield row("mode", venue.status.value)
    yield "accounts"
    clients = [account for account in venue.accounts.values() if account.tier is not Tier.HOUSE]
    for account in clients:
        yield f"  {account.account} ({account.tier.value})"
        yield from (f"    {text}" for text in _money(account, venue))
    if len(clients) < len(venue.accounts):
        yield f"  and {len(venue.accounts) - len(clients):,} of the market's own"
    yield "pairs"
    yield from _table(
        ("", "mode", "open orders", "best bid", "best ask", "last"),
        [_standing(market, venue) for market in venue.markets.values()],
    )


def _money(account: Account, venue: Venue) -> Iterator[str]:
    for asset, units in account.balances.items():
        decimals = venue.instruments.assets[asset].decimals
        held = account.holds.get(asset, 0)
        holding = f", {to_text(held, decimals)} of it held by orders" if held else ""
        yield f"{asset:<6}{to_text(units, decimals)}{holding}"
    counts = ", ".join(f"{count:,} {symbol}" for symbol, count in account.open_counts.items() if count)
    yield f"open orders: {counts or 'none'}"


def _standing(market: Market, venue: Venue) -> tuple[str, ...]:
    instrument = market.instrument
    symbol = instrument.symbol

    def best(side: BookSide) -> str:
        level = side.best()
        if level is None:
            return "none"
        price, qty = (
            to_text(level.price, instrument.price_decimals),
            to_text(level.qty, instrument.qty_decimals),
        )
        return f"{price} x {qty}"

    count = sum(account.open_counts.get(symbol, 0) for account in venue.accounts.values())
    last = to_text(market.last_price, instrument.price_decimals) if market.last_price else "none"
    return symbol, instrument.status.value, f"{count:,}", best(market.book.bids), best(market.book.asks), last


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    lines = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for cells in lines:
        texts = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        yield f"  {'  '.join(texts)}".rstrip()
