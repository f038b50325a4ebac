"""Writes docs/coverage.md from the dispatch tables: `python -m docs.coverage`. A test holds the page against
them.
"""

from pathlib import Path

from krakenbox.gateway import rest, v1
from krakenbox.protocol.v1 import methods as methods_v1
from krakenbox.protocol.v2.methods import CHANNELS, METHODS, Coverage

PAGE = Path(__file__).with_name("coverage.md")

# What the venue has, in the order of its reference; what is done is read from the code.
V1_METHODS = """ping subscribe unsubscribe addOrder amendOrder editOrder cancelOrder cancelAll
    cancelAllOrdersAfter"""
V1_CHANNELS = "systemStatus heartbeat ticker ohlc trade spread book ownTrades openOrders"
V1_UNASKED = ("systemStatus", "heartbeat")
"""Channels that come by themselves."""
V1_SERVED = frozenset((*v1.TRADING, "ping", "subscribe", "unsubscribe")) & methods_v1.EVENTS.keys()
V1_SHOWN = frozenset((*V1_UNASKED, *methods_v1.PUBLIC, *methods_v1.PRIVATE))
REST_PUBLIC = "Time SystemStatus Assets AssetPairs Ticker OHLC Depth GroupedBook Trades Spread PreTrade"
REST_PRIVATE = """GetWebSocketsToken GetApiKeyInfo Balance BalanceEx TradeBalance OpenOrders ClosedOrders
    QueryOrders TradesHistory QueryTrades OpenPositions Ledgers QueryLedgers TradeVolume Level3 AddOrder
    AddOrderBatch AmendOrder EditOrder OrderAmends CancelOrder CancelOrderBatch CancelAll
    CancelAllOrdersAfter"""
REST_SERVED = frozenset(path.rpartition("/")[2] for path in rest.METHODS)

HEAD = """# Coverage

Generated from the dispatch tables by `python -m docs.coverage`; do not edit. *Done* means: answers as the
venue does, refusals and limits included, apart from what [deviations.md](deviations.md) lists.
"""


def section(title: str, names: dict[str, Coverage]) -> str:
    """One table."""
    done = sum(coverage is Coverage.DONE for coverage in names.values())
    rows = "\n".join(f"| `{name}` | {coverage} |" for name, coverage in names.items())
    return f"\n## {title} ({done} of {len(names)})\n\n| name | state |\n|---|---|\n{rows}\n"


def listed(names: str, done: frozenset[str] = frozenset()) -> dict[str, Coverage]:
    """States of names that have no coverage table of their own."""
    return {name: Coverage.DONE if name in done else Coverage.NOT_YET for name in names.split()}


def render() -> str:
    """The whole page."""
    unlisted = REST_SERVED - {*REST_PUBLIC.split(), *REST_PRIVATE.split()}
    assert not unlisted, f"served, but not in the lists here: {unlisted}"
    channels = {"status": Coverage.DONE} | {name: entry.coverage for name, entry in CHANNELS.items()}
    return HEAD + "".join(
        [
            section("v2 methods", {name: entry.coverage for name, entry in METHODS.items()}),
            section("v2 channels", channels),
            section("REST public", listed(REST_PUBLIC, REST_SERVED)),
            section("REST private", listed(REST_PRIVATE, REST_SERVED)),
            section("v1 methods", listed(V1_METHODS, V1_SERVED)),
            section("v1 channels", listed(V1_CHANNELS, V1_SHOWN)),
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(render())
