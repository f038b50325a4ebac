"""What a trade leaves to be done, in order; and that nothing is left between commands."""

from builders import buy, opened, place, sell
from krakenbox.model.order import Reference
from krakenbox.venue.aftermath import Filled, Priced
from krakenbox.venue.moment import Moment
from krakenbox.venue.trading import place as place_alone
from sleepers import index, oto, print_at


def test_trades_leave_prices_and_then_their_fills_the_makers_first() -> None:
    pit = opened()
    pit.send(place(buy, 1, at=100, by="bob", conditional=oto("limit", at="110")))
    pit.send(place(buy, 2, at=99, by="bob"))
    venue = pit.exchange.venue
    now = Moment(venue.mint, pit.seq + 1, pit.time_ns + 1)
    place_alone(venue, now, place(sell, 3, at=99, conditional=oto("stop-loss", "120")))
    market = venue.markets["BTC/USD"]
    left = [
        (each.reference, each.price) if isinstance(each, Priced) else (each.order.account, each.qty)
        for each in venue.aftermath
        if isinstance(each, Priced | Filled)
    ]
    assert left == [
        (Reference.LAST, 1000),
        ("bob", 10**8),
        ("alice", 10**8),
        (Reference.LAST, 990),
        ("alice", 2 * 10**8),
    ]
    assert len(left) == len(venue.aftermath)
    assert venue.aftermath[0].market is market


def test_nothing_is_left_between_commands() -> None:
    pit = opened()
    print_at(pit, 100)
    pit.send(index(101))
    assert not pit.exchange.venue.aftermath
    assert pit.exchange.venue.markets["BTC/USD"].triggers.price(Reference.LAST) == 1000
