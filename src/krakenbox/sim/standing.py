"""Where latent prices stood: the paths of assets that agree with the prices of a recovered exchange."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from krakenbox.model.fixed import Price
from krakenbox.sim.pair import MarketPair
from krakenbox.sim.picture import Book
from krakenbox.sim.prices import USD, exp_ppb, log_ppb

_TOLERANCE = 100
"""A pair keeps its start price while the paths of its assets agree with its price to a hundredth."""
_BILLION = 1_000_000_000


def standing(
    pairs: Sequence[MarketPair], books: Mapping[str, Book]
) -> tuple[tuple[MarketPair, ...], dict[str, int]]:
    """The pairs, and where each asset's path stands.

    A pair whose price its assets' paths cannot explain gets another start price: a cross that its legs do not
    agree with, or one whose configured start price has become another since.
    """
    prices = {
        pair.instrument.symbol: book.price
        for pair in pairs
        if (book := books.get(pair.instrument.symbol)) is not None and book.price > 0
    }
    logs = _logs([pair for pair in pairs if pair.instrument.symbol in prices], prices)
    return tuple(_anchored(pair, prices.get(pair.instrument.symbol, 0), logs) for pair in pairs), logs


def _logs(pairs: Sequence[MarketPair], prices: Mapping[str, int]) -> dict[str, int]:
    """Every asset's path by the first pair that leads to it from USD, or from where USD is not reached."""
    logs = {USD: 0}
    left = list(pairs)
    while left:
        for pair, base, quote in _reached(left, logs):
            log = log_ppb(prices[pair.instrument.symbol], pair.start_price)
            if quote in logs:
                logs[base] = logs[quote] + log
            else:
                logs[quote] = logs[base] - log
            left.remove(pair)
        left = [pair for pair in left if not {pair.instrument.base, pair.instrument.quote} <= logs.keys()]
        if left and next(_reached(left, logs), None) is None:
            logs[left[0].instrument.quote] = 0
    return logs


def _reached(pairs: Sequence[MarketPair], logs: Mapping[str, int]) -> Iterator[tuple[MarketPair, str, str]]:
    """Pairs with one asset whose path is known; `logs` may grow meanwhile."""
    for pair in tuple(pairs):
        base, quote = pair.instrument.base, pair.instrument.quote
        if (base in logs) is not (quote in logs):
            yield pair, base, quote


def _anchored(pair: MarketPair, price: int, logs: Mapping[str, int]) -> MarketPair:
    if not price:
        return pair
    instrument = pair.instrument
    exp = exp_ppb(logs[instrument.base] - logs[instrument.quote])
    fair = pair.start_price * exp // _BILLION
    if abs(fair - price) * _TOLERANCE <= price:
        return pair
    return replace(pair, start_price=Price(max(price * _BILLION // exp, instrument.price_increment)))
