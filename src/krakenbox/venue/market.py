"""One market: an instrument, its book, its last price, and its precisions worked out once."""

from krakenbox.engine.book import OrderBook
from krakenbox.engine.triggers import Triggers
from krakenbox.model.fixed import Price, Scale, ceiling
from krakenbox.model.instrument import Instrument, InstrumentTable
from krakenbox.model.order import FeePreference, OrderTerms, OrderType, Side
from krakenbox.venue.fees import PPM, USD_DECIMALS


class Market:
    """What the venue keeps per instrument."""

    __slots__ = (
        "book",
        "cost_to_quote",
        "cost_to_usd",
        "from_cost",
        "index_price",
        "instrument",
        "last_price",
        "to_base",
        "to_cost",
        "to_quote",
        "trade_id",
        "triggers",
    )

    def __init__(self, instrument: Instrument, table: InstrumentTable) -> None:
        self.instrument = instrument
        self.book = OrderBook()
        self.triggers = Triggers(instrument.price_increment)
        self.trade_id = 0
        """The last one given; 1, 2, 3..."""
        self.last_price = Price(0)
        """0 before the first trade."""
        self.index_price = Price(0)
        """0 while none was set."""
        exact, cost = instrument.exact_decimals, instrument.cost_decimals
        quote = table.quote_decimals(instrument)
        self.to_cost = Scale(exact, cost)
        self.from_cost = Scale(cost, exact)
        self.to_quote = Scale(exact, quote)
        self.to_base = Scale(instrument.qty_decimals, table.base_decimals(instrument))
        self.cost_to_quote = Scale(cost, quote)
        self.cost_to_usd = Scale(cost, USD_DECIMALS)

    @property
    def price(self) -> Price:
        """Last price, else the index price, else 0."""
        return self.last_price or self.index_price

    def hold_asset(self, side: Side) -> str:
        """The asset an order of a side pays with."""
        return self.instrument.quote if side is Side.BUY else self.instrument.base

    def hold(self, side: Side, exact: int, qty: int, ppm: int) -> int:
        """Ledger units an order must hold that buys for `exact`, or sells `qty`.

        `ppm` is the fee rate to provide for; 0 where the fee comes out of what the order receives.
        """
        # Each part is rounded up by itself, the fee first at the precision it is charged in: a single fill
        # never needs more. A series of fills may, by a unit each; `settlement` then takes free funds.
        if side is Side.SELL:
            return self.to_base.up(qty) + self.to_base.up(ceiling(qty * ppm, PPM))
        fee = ceiling(exact * self.to_cost.multiply * ppm, PPM * self.to_cost.divide)
        return self.to_quote.up(exact) + self.cost_to_quote.up(fee)

    def hold_ppm(self, terms: OrderTerms, taker_ppm: int) -> int:
        """The fee rate a hold provides for: the taker's, if the fee is in the asset the order pays with."""
        pays_base = terms.side is Side.SELL
        return taker_ppm if pays_base is (terms.fee_preference is FeePreference.BASE) else 0

    def cost_minimum_met(self, terms: OrderTerms) -> bool:
        """Whether an order with a limit price, or by cash, is worth the minimum; others cannot be told."""
        if terms.cash_qty:
            return terms.cash_qty >= self.instrument.cost_min
        if terms.order_type is OrderType.MARKET:
            return True
        return self.worth_minimum(terms.limit_price * terms.qty)

    def worth_minimum(self, exact: int) -> bool:
        """Whether an exact price x qty comes to the minimum cost."""
        return exact * self.to_cost.multiply >= self.instrument.cost_min * self.to_cost.divide
