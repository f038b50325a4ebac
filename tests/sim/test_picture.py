"""What a returning market is shown: books in queue order, whose orders are agents', prices, money."""

import trading
from krakenbox.config import commands, load_default
from krakenbox.model.command import Deposit, OpenAccount, PlaceOrder, SetIndexPrice, Stamped, Tier
from krakenbox.model.fixed import Amount, Price, Qty
from krakenbox.model.order import AccountId, Order, OrderId, Side
from krakenbox.sim.picture import Book, Level, Picture, Resting, picture
from krakenbox.venue.exchange import Exchange

ANNE, BERT, CLIENT = AccountId("anne"), AccountId("bert"), AccountId("client")
SYMBOL = "SOL/USD"


def exchange_with(*orders: tuple[AccountId, Side, int, int]) -> Exchange:
    """Rich accounts, and limit orders of (account, side, quantity, price)."""
    exchange = Exchange(1)
    told = [
        *commands(load_default()),
        *(OpenAccount(account, Tier.HOUSE) for account in (ANNE, BERT, CLIENT)),
        *(Deposit(a, asset, Amount(10**18)) for a in (ANNE, BERT, CLIENT) for asset in ("USD", "SOL")),
        *(PlaceOrder(a, trading.order(SYMBOL, side, qty, price)) for a, side, qty, price in orders),
    ]
    for number, command in enumerate(told, 1):
        exchange.apply(Stamped(number, trading.OPENED_NS + number, command))
    return exchange


def test_levels_are_best_first_and_orders_in_their_queues() -> None:
    exchange = exchange_with(
        (BERT, Side.BUY, 10**9, 11_900),
        (CLIENT, Side.BUY, 10**9, 11_900),
        (ANNE, Side.BUY, 10**9, 11_900),
        (ANNE, Side.BUY, 10**9, 11_950),
        (CLIENT, Side.SELL, 10**9, 12_100),
    )
    ids = {(o.account, o.limit_price): o.order_id for a in (ANNE, BERT) for o in _orders(exchange, a)}
    shown = picture(exchange, (ANNE, BERT))
    assert shown.seq == exchange.venue.seq
    book = shown.books[SYMBOL]
    assert book.bids == (
        Level(Price(11_950), Qty(10**9), (Resting(ids[ANNE, 11_950], ANNE),)),
        Level(
            Price(11_900),
            Qty(3 * 10**9),
            (Resting(ids[BERT, 11_900], BERT), Resting(ids[ANNE, 11_900], ANNE)),
        ),
    )
    assert book.asks == (Level(Price(12_100), Qty(10**9)),)
    assert (book.taken, book.traded, book.last_price) == (True, False, 0)
    assert len(list(book.own)) == 3


def test_only_agents_money_is_shown_and_only_of_those_who_have_an_account() -> None:
    shown = picture(exchange_with(), (ANNE, AccountId("nobody")))
    assert shown.balances == {ANNE: {"USD": 10**18, "SOL": 10**18}}
    assert not shown.books[SYMBOL].taken
    assert Picture() == Picture(0, {}, {})


def test_a_trade_is_a_past_and_a_last_price() -> None:
    shown = picture(
        exchange_with((ANNE, Side.SELL, 10**9, 12_000), (CLIENT, Side.BUY, 10**9, 12_000)), (ANNE,)
    )
    assert (shown.books[SYMBOL].traded, shown.books[SYMBOL].last_price) == (True, 12_000)


def test_a_pair_is_worth_what_agents_said_else_its_quotes_else_its_trades() -> None:
    mine, theirs = (Resting(OrderId("A"), ANNE),), ()
    ask = (Level(Price(110), Qty(1)),)
    for own, asks, index, expected in (
        (mine, ask, 103, 103),
        (theirs, ask, 103, 105),
        (mine, ask, 0, 105),
        (theirs, (), 103, 99),
    ):
        book = Book((Level(Price(100), Qty(1), own),), asks, Price(99), Price(index))
        assert book.price == expected
    assert Book().price == 0


def test_the_index_is_that_of_the_market() -> None:
    exchange = exchange_with()
    seq = exchange.venue.seq + 1
    exchange.apply(Stamped(seq, trading.OPENED_NS + seq, SetIndexPrice(SYMBOL, Price(12_345))))
    assert picture(exchange, ()).books[SYMBOL].index_price == 12_345


def _orders(exchange: Exchange, account: AccountId) -> list[Order]:
    return list(exchange.venue.accounts[account].orders.values())
