"""Fragments follow their ladder, and the checksum is that of the ten best levels as they stand."""

from random import Random

from builders import buy, sell
from krakenbox.feeds.ladder import Ladder
from krakenbox.feeds.top import Top, TopChecksum
from krakenbox.model.fixed import Price, Qty
from krakenbox.protocol.checksum import LEVELS, book_checksum, fragment


class Book:
    """Two ladders of a handful of prices, and what follows them."""

    def __init__(self) -> None:
        self.sides = {buy: Ladder(buy), sell: Ladder(sell)}
        self.tops = {side: Top(ladder, self._fragment_of(ladder)) for side, ladder in self.sides.items()}
        self.checksum = TopChecksum(self.tops[buy], self.tops[sell])

    @staticmethod
    def _fragment_of(ladder: Ladder):  # type: ignore[no-untyped-def]
        return lambda key: fragment(key * ladder.sign, ladder.qtys[key])

    def expected(self) -> int:
        """The checksum worked out afresh."""
        asks, bids = (
            [fragment(key * ladder.sign, ladder.qtys[key]) for key in ladder.keys[:LEVELS]]
            for ladder in (self.sides[sell], self.sides[buy])
        )
        return book_checksum(asks, bids)


def test_an_empty_book_has_checksum_zero() -> None:
    assert Book().checksum.value() == 0


def test_the_checksum_follows_every_change() -> None:
    book, dice = Book(), Random(1)
    for _ in range(3_000):
        side = dice.choice([buy, sell])
        ladder, price = book.sides[side], Price(100 + dice.randrange(16))
        there = price * ladder.sign in ladder.qtys
        ladder.set(price, Qty(0 if there and dice.random() < 0.4 else dice.randrange(1, 9)))
        book.checksum.follow(book.tops[side])
        assert book.checksum.value() == book.expected()
    assert {len(ladder.keys) > LEVELS for ladder in book.sides.values()} == {True}


def test_what_was_not_followed_is_refilled() -> None:
    book = Book()
    book.sides[sell].set(Price(100), Qty(3))
    assert book.checksum.value() == 0
    book.checksum.refill()
    assert book.checksum.value() == book.expected() == book_checksum([b"1003"], [])


def test_a_change_behind_the_ten_best_is_none() -> None:
    ladder = Ladder(sell)
    top = Top(ladder, lambda key: b"%d" % key)
    for price in range(100, 111):
        ladder.set(Price(price), Qty(1))
        assert top.follow() is (price < 110)
    assert top.fragments == [b"%d" % price for price in range(100, 110)]
