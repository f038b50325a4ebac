"""One-line inputs and drawn books for tests.

    pit = opened("102.0 x 1, 101.0 x 2+3:bob | 100.0 x 1")     asks | bids, prices fall from left to right
    told = pit.send(place(buy, 2, at=101))                     alice buys two
    assert story(told) == ["alice accepted", ...]              all that happened, money apart
    assert drawn(pit) == "102.0 x 1, 101.0 x 3:bob | 100.0 x 1"

`2+3:bob` is a queue, oldest first: 2 of mia, who owns what has no name, and 3 of bob. `2(5)` is an iceberg
that shows 2 of 5. Quantities and prices are numbers or texts of the instrument's decimals; BTC/USD unless
told otherwise.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, assert_never

from krakenbox.engine.book import OrderBook
from krakenbox.model.command import (
    AddAsset,
    AddInstrument,
    CancelAll,
    CancelOrder,
    Command,
    Deposit,
    FeeTier,
    OpenAccount,
    OrderRef,
    PlaceOrder,
    SetFeeSchedule,
    Stamped,
    Tier,
)
from krakenbox.model.event import (
    AccountOpened,
    AssetListed,
    BalancePosted,
    BookChanged,
    CancelTimerSet,
    Event,
    HistorySeeded,
    IcebergRefilled,
    InstrumentListed,
    LimitsSet,
    NonceUsed,
    OrderAccepted,
    OrderAmended,
    OrderClosed,
    OrderEdited,
    OrderFilled,
    OrderOpened,
    OrdersCanceled,
    OrderValidated,
    RateCounted,
    Rejected,
    SystemStatusChanged,
    Traded,
    TriggerChanged,
)
from krakenbox.model.fixed import Amount, Cost, Price, Qty, from_decimal, to_text
from krakenbox.model.instrument import Asset, Instrument
from krakenbox.model.order import AccountId, Order, OrderId, OrderTerms, OrderType, Side
from krakenbox.venue.audit import audit
from krakenbox.venue.exchange import Exchange

Number = int | float | str

buy, sell = Side.BUY, Side.SELL
START_NS = 1_767_225_600 * 1_000_000_000
"""2026-01-01T00:00:00Z: the first command comes just after."""
SECOND_NS = 1_000_000_000
DAY_NS = 86_400 * SECOND_NS
STEP_NS = 1_000_000
"""Time from one command to the next."""
OWNER = "mia"
"""Owner of drawn orders without a name."""
ACCOUNTS = {"alice": Tier.PRO, "bob": Tier.INTERMEDIATE, "carol": Tier.STARTER, OWNER: Tier.HOUSE}
FUNDS = {"BTC": 1_000, "ETH": 10_000, "EUR": 10_000_000, "USD": 10_000_000, "DOGE": 10_000_000_000}
SPOT = (FeeTier(0, 4000, 2500), FeeTier(10_000, 3500, 2000), FeeTier(50_000, 2400, 1400))
STABLE = (FeeTier(0, 2000, 2000),)
VENUE_ID = 7


def asset(name: str, decimals: int, rest_id: str = "") -> Asset:
    """An asset."""
    return Asset(asset=name, rest_id=rest_id or name, altname=name, decimals=decimals, display_decimals=2)


def instrument(symbol: str, decimals: tuple[int, int, int], **fields: Any) -> Instrument:
    """An instrument with its (price, quantity, cost) decimals; tick and increment are the last decimal."""
    base, _, quote = symbol.partition("/")
    wsname = symbol.replace("BTC", "XBT").replace("DOGE", "XDG")
    names = {"wsname": wsname, "rest_id": base + quote, "altname": base + quote}
    steps = {"price_increment": Price(1), "qty_increment": Qty(1), "qty_min": Qty(1), "cost_min": Cost(1)}
    price, qty, cost = decimals
    precisions = {"price_decimals": price, "qty_decimals": qty, "cost_decimals": cost}
    return Instrument(symbol=symbol, base=base, quote=quote, **(names | steps | precisions | fields))


ASSETS = {
    a.asset: a
    for a in (asset("BTC", 10), asset("ETH", 10), asset("EUR", 4), asset("USD", 4), asset("DOGE", 8))
}
BTC_USD = instrument("BTC/USD", (1, 8, 5), qty_min=Qty(5_000), cost_min=Cost(50_000))
ETH_BTC = instrument("ETH/BTC", (6, 8, 10))
BTC_EUR = instrument("BTC/EUR", (1, 8, 5))
EUR_USD = instrument("EUR/USD", (5, 8, 5), fee_schedule="stable")
DOGE_USD = instrument("DOGE/USD", (7, 8, 9))
INSTRUMENTS = {i.symbol: i for i in (BTC_USD, ETH_BTC, BTC_EUR, EUR_USD, DOGE_USD)}


def units(value: Number, decimals: int) -> int:
    """A number or text as an integer; it must fit without rounding."""
    found = from_decimal(Decimal(str(value)), decimals)
    assert found is not None, f"{value} does not fit {decimals} decimals"
    return found


def plain(value: int, decimals: int) -> str:
    """An integer as the shortest plain decimal: `1`, `0.5`."""
    text = to_text(value, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def place(
    side: Side, qty: Number = 0, at: Number | None = None, by: str = "alice", **fields: Any
) -> PlaceOrder:
    """An order: limit with a price, market without. `cash=` spends, `display=` makes an iceberg; other fields
    are those of the terms, and `validate` and `deadline_ns` those of the command."""
    i = INSTRUMENTS[fields.pop("symbol", BTC_USD.symbol)]
    command = {name: fields.pop(name) for name in ("validate", "deadline_ns") if name in fields}
    display = units(fields.pop("display", 0), i.qty_decimals)
    order_type = OrderType.MARKET if at is None else OrderType.ICEBERG if display else OrderType.LIMIT
    terms = OrderTerms(
        symbol=i.symbol,
        side=side,
        order_type=fields.pop("order_type", order_type),
        qty=Qty(units(qty, i.qty_decimals)),
        limit_price=Price(units(at or 0, i.price_decimals)),
        cash_qty=Cost(units(fields.pop("cash", 0), i.cost_decimals)),
        display_qty=Qty(display),
        **fields,
    )
    return PlaceOrder(AccountId(by), terms, **command)


def cancel(
    order_id: str = "", by: str = "alice", cl_ord_id: str = "", userref: int | None = None
) -> CancelOrder:
    """A cancel by one reference."""
    return CancelOrder(AccountId(by), OrderRef(OrderId(order_id), cl_ord_id, userref))


def cancel_all(by: str = "alice") -> CancelAll:
    """A cancel of everything."""
    return CancelAll(AccountId(by))


def deposit(account: str, name: str, amount: Number) -> Deposit:
    """Money for an account."""
    return Deposit(AccountId(account), name, Amount(units(amount, ASSETS[name].decimals)))


def opening() -> list[Command]:
    """What fills an empty exchange: assets, schedules, instruments, four rich accounts."""
    commands: list[Command] = [AddAsset(each) for each in ASSETS.values()]
    commands += [SetFeeSchedule("spot", SPOT), SetFeeSchedule("stable", STABLE)]
    commands += [AddInstrument(each) for each in INSTRUMENTS.values()]
    for name, tier in ACCOUNTS.items():
        commands.append(OpenAccount(AccountId(name), tier))
        commands += [deposit(name, each, amount) for each, amount in FUNDS.items()]
    return commands


class Pit:
    """An exchange and the stamps its commands get; audited after each."""

    def __init__(self, exchange: Exchange | None = None) -> None:
        self.exchange = exchange or Exchange(VENUE_ID)
        self.seq = self.exchange.venue.seq
        self.time_ns = self.exchange.venue.time_ns or START_NS

    def send(self, command: Command, at_ns: int = 0) -> list[Event]:
        """Stamp and apply one command, at a time or a millisecond after the last one."""
        self.seq += 1
        self.time_ns = at_ns or self.time_ns + STEP_NS
        events = self.exchange.apply(Stamped(self.seq, self.time_ns, command))
        audit(self.exchange)
        assert all(event.time_ns <= self.time_ns for event in events)
        return events

    def send_all(self, *commands: Command) -> list[Event]:
        """Apply commands one after the other."""
        return [event for command in commands for event in self.send(command)]

    def balance(self, account: str, name: str) -> str:
        """Balance of an asset, in plain decimals."""
        held = self.exchange.venue.accounts[AccountId(account)].balances.get(name, 0)
        return plain(held, ASSETS[name].decimals)

    def hold(self, account: str, name: str) -> str:
        """What open orders hold of an asset."""
        held = self.exchange.venue.accounts[AccountId(account)].holds.get(name, 0)
        return plain(held, ASSETS[name].decimals)

    def orders(self, account: str = "alice") -> list[Order]:
        """Open orders, in order of entry."""
        return list(self.exchange.venue.accounts[AccountId(account)].orders.values())


def opened(ladder: str = "", symbol: str = BTC_USD.symbol) -> Pit:
    """A pit with everything listed, rich accounts and a drawn book."""
    pit = Pit()
    pit.send_all(*opening())
    draw(pit, ladder, symbol)
    return pit


def draw(pit: Pit, ladder: str, symbol: str = BTC_USD.symbol) -> None:
    """Rest the orders of a drawn book, queue by queue."""
    for owner, side, (display, qty), price in _orders(ladder):
        told = pit.send(place(side, qty, at=price, by=owner, symbol=symbol, display=display))
        assert isinstance(told[-1], BookChanged), f"{qty} at {price} does not rest: {story(told)}"


def book(ladder: str) -> OrderBook:
    """A book of BTC/USD on its own, without an exchange: the n-th order drawn is called `On`."""
    found = OrderBook()
    for number, (owner, side, (display, qty), price) in enumerate(_orders(ladder), 1):
        terms = place(side, qty, at=price, display=display).terms
        order = Order(
            order_id=OrderId(f"O{number}"),
            account=AccountId(owner),
            terms=terms,
            qty=terms.qty,
            limit_price=terms.limit_price,
            time_ns=number,
            created_ns=number,
            display_qty=terms.display_qty,
            shown=terms.display_qty or terms.qty,
        )
        found.own(side).rest(order)
    return found


def _orders(ladder: str) -> Iterator[tuple[str, Side, tuple[str, str], str]]:
    """Owner, side, (display and whole quantity), and price of each order of a drawn book, queue by queue."""
    asks, _, bids = ladder.partition("|")
    for side, levels in ((sell, asks), (buy, bids)):
        for level in filter(None, map(str.strip, levels.split(","))):
            price, _, queue = level.partition(" x ")
            for order in queue.split("+"):
                qty, _, owner = order.partition(":")
                display, _, whole = qty.rstrip(")").partition("(")
                yield owner or OWNER, side, (display, whole) if whole else ("0", qty), price


def drawn(pit: Pit, symbol: str = BTC_USD.symbol) -> str:
    """The book of a market as it would be drawn."""
    return drawn_book(pit.exchange.venue.markets[symbol].book, symbol)


def drawn_book(book: OrderBook, symbol: str = BTC_USD.symbol) -> str:
    """A book as it would be drawn."""
    i = INSTRUMENTS[symbol]

    def drawn_order(order: Order) -> str:
        whole = f"({plain(order.remaining, i.qty_decimals)})" if order.shown < order.remaining else ""
        owner = "" if order.account == OWNER else f":{order.account}"
        return plain(order.shown, i.qty_decimals) + whole + owner

    def level(price: int, queue: list[Order]) -> str:
        return f"{to_text(price, i.price_decimals)} x {'+'.join(map(drawn_order, queue))}"

    asks = [level(each.price, list(each)) for each in book.asks]
    bids = [level(each.price, list(each)) for each in book.bids]
    return f"{', '.join(reversed(asks))} | {', '.join(bids)}".strip()


def story(events: list[Event]) -> list[str]:
    """What happened, a line an event, without the postings and the trading counters."""
    return [line(event) for event in events if not isinstance(event, BalancePosted | RateCounted)]


def postings(events: list[Event]) -> list[str]:
    """The ledger entries: account, asset, amount, and the fee if there is one."""
    return [line(event) for event in events if isinstance(event, BalancePosted)]


def counters(events: list[Event]) -> list[str]:
    """The trading counters: account, pair, what it stands at."""
    return [line(event) for event in events if isinstance(event, RateCounted)]


Listing = (
    AccountOpened
    | AssetListed
    | InstrumentListed
    | SystemStatusChanged
    | HistorySeeded
    | NonceUsed
    | LimitsSet
)
"""What the operator's commands bring about."""


def line(event: Event) -> str:  # noqa: C901, PLR0911, PLR0912 (one case per event)
    """One event as a line."""
    match event:
        case Rejected(text=text):
            return f"refused: {text}"
        case OrderValidated(account=account):
            return f"{account} validated"
        case OrderAccepted(account=account):
            return f"{account} accepted"
        case OrderOpened(account=account):
            return f"{account} opened"
        case Traded(symbol=symbol, price=price, qty=qty, taker_side=side):
            return f"traded {_qty(symbol, qty)} at {_price(symbol, price)}, taker {side}s"
        case BookChanged(symbol=symbol, side=side, price=price):
            left = f"{_qty(symbol, event.order_qty)}, level {_qty(symbol, event.level_qty)}"
            return f"{side} {_price(symbol, price)} {event.action} {left}"
        case OrderFilled(account=account, terms=terms, maker=maker):
            what = f"{_qty(terms.symbol, event.qty)} at {_price(terms.symbol, event.price)}"
            return f"{account} {'made' if maker else 'took'} {what}"
        case OrderClosed(account=account, status=status, reason=reason):
            return f"{account} {status}" + (f": {reason}" if reason else "")
        case OrderAmended(account=account, terms=terms):
            what = f"{_qty(terms.symbol, event.qty)} at {_price(terms.symbol, event.limit_price)}"
            return f"{account} amended to {what}"
        case OrderEdited(account=account):
            return f"{account} edited"
        case TriggerChanged(account=account, terms=terms):
            what = "fired" if event.triggered else f"trails at {_price(terms.symbol, event.trigger_price)}"
            return f"{account} {what} by {_price(terms.symbol, event.last_price)}"
        case IcebergRefilled(account=account, terms=terms):
            return f"{account} shows {_qty(terms.symbol, event.display_qty_remain)} anew"
        case CancelTimerSet(account=account, trigger_ns=trigger_ns):
            return f"{account} timer {trigger_ns}"
        case RateCounted(account=account, symbol=symbol):
            return f"{account} {symbol} counter {plain(event.counter_milli, 3)}"
        case OrdersCanceled(account=account, count=count):
            return f"{account} canceled {count}"
        case BalancePosted(account=account, asset=name):
            decimals = ASSETS[name].decimals
            fee = f" fee {plain(event.fee, decimals)}" if event.fee else ""
            return f"{account} {name} {plain(event.amount, decimals)}{fee}"
        case _:
            return _listing(event)


def _listing(event: Listing) -> str:
    match event:
        case AccountOpened(account=account, tier=tier):
            return f"account {account} {tier}"
        case AssetListed(asset=listed):
            return f"asset {listed.asset}"
        case InstrumentListed(instrument=listed_instrument):
            return f"instrument {listed_instrument.symbol} {listed_instrument.status}"
        case SystemStatusChanged(status=system):
            return f"system {system}"
        case HistorySeeded(symbol=symbol, first_trade_id=first):
            return f"history {symbol} from trade {first}"
        case NonceUsed(key_id=key_id, nonce=nonce):
            return f"nonce {key_id} {nonce}"
        case LimitsSet(enforced=enforced):
            return f"limits {'on' if enforced else 'off'}"
        case _:
            assert_never(event)


def _qty(symbol: str, qty: int) -> str:
    return plain(qty, INSTRUMENTS[symbol].qty_decimals)


def _price(symbol: str, price: int) -> str:
    return to_text(price, INSTRUMENTS[symbol].price_decimals)
