"""What an account's open orders hold, worked out from what its views show.

It is what the venue holds: what a buy still costs at its limit or trigger, what a sell still sells, and the
taker's fee where that is in the asset the order pays with. Kraken publishes no rule; the venue's own is in
`venue.market`, and tests compare both.
"""

from collections.abc import Iterable, Mapping

from krakenbox.feeds.hub import Hub
from krakenbox.feeds.market import Market
from krakenbox.feeds.orders import OpenOrder
from krakenbox.gateway.restmethod import Schedules
from krakenbox.model.command import FeeTier
from krakenbox.model.fixed import ceiling, nearest, rescale, rescale_up
from krakenbox.model.instrument import Instrument, InstrumentTable
from krakenbox.model.order import PCT_UNIT, AccountId, FeePreference, PriceType, Side

PPM = 1_000_000
USD_UNITS = 10_000
"""Units of a 30-day volume in one USD."""
_NO_FEES = (FeeTier(0, 0, 0),)


def tier_of(tiers: tuple[FeeTier, ...], volume: int) -> FeeTier:
    """The step of a schedule that a 30-day volume has reached."""
    return [tier for tier in tiers if tier.volume_usd * USD_UNITS <= volume][-1]


def holds(hub: Hub, fees: Schedules, account: AccountId, now_ns: int) -> Mapping[str, int]:
    """Ledger units held, by asset."""
    held: dict[str, int] = {}
    table, volume = hub.reference.table, hub.volume(account, now_ns)
    for order in hub.orders(account).open.values():
        instrument = table.instruments[order.terms.symbol]
        taker_ppm = tier_of(fees.get(instrument.fee_schedule, _NO_FEES), volume).taker_ppm
        asset, units = _hold(order, hub.market(instrument.symbol), table, taker_ppm)
        held[asset] = held.get(asset, 0) + units
    balances = hub.balances(account)
    return {asset: min(units, balances.get(asset, 0)) for asset, units in held.items()}


def expected_price(order: OpenOrder, instrument: Instrument) -> int:
    """What an order pays at worst, or is expected to; 0 of a market order that waits for its start."""
    terms, watch = order.terms, order.watch
    trigger_price = watch.trigger_price if watch is not None else 0
    if terms.limit_price_type is PriceType.STATIC:
        return terms.limit_price or trigger_price
    offset: int = terms.limit_price
    if terms.limit_price_type is PriceType.PCT:
        offset = nearest(trigger_price * offset, 100 * PCT_UNIT)
    price = trigger_price + offset
    return nearest(price, instrument.price_increment) * instrument.price_increment


def remaining(order: OpenOrder) -> int:
    """The quantity that is not filled yet."""
    filled = order.standing.filled
    return order.terms.qty - (filled.cum_qty if filled is not None else 0)


def _hold(order: OpenOrder, market: Market, table: InstrumentTable, taker_ppm: int) -> tuple[str, int]:
    terms, instrument, qty = order.terms, market.instrument, remaining(order)
    pays_fee = (terms.side is Side.SELL) is (terms.fee_preference is FeePreference.BASE)
    ppm = taker_ppm if pays_fee else 0
    if terms.side is Side.SELL:
        parts = (qty, ceiling(qty * ppm, PPM))
        return instrument.base, _up(parts, instrument.qty_decimals, table.base_decimals(instrument))
    quote = table.quote_decimals(instrument)
    exact = qty * (expected_price(order, instrument) or market.ladders.asks.best)
    if terms.cash_qty:
        exact = rescale(terms.cash_qty, instrument.cost_decimals, instrument.exact_decimals)
    scale = 10 ** (instrument.exact_decimals - instrument.cost_decimals)
    fee = ceiling(exact * ppm, PPM * scale)
    held = rescale_up(exact, instrument.exact_decimals, quote)
    return instrument.quote, held + rescale_up(fee, instrument.cost_decimals, quote)


def _up(parts: Iterable[int], decimals: int, to_decimals: int) -> int:
    """The parts at other decimals, each rounded up by itself."""
    return sum(rescale_up(part, decimals, to_decimals) for part in parts)
