"""Nanoseconds since the epoch to wire text and back.

Kraken writes RFC 3339 in UTC with a `Z`: six fractional digits in replies and most channels, nine in level3
and ohlc, none in REST and the dead man's switch (guide "spot-ws-intro"). Digits a text has no room for are
cut, never rounded: a stamp must not point to a later time than the event.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from krakenbox.errors import ProtocolError

NS_PER_SECOND = 1_000_000_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_SECOND = timedelta(seconds=1)
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII
)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def micros(time_ns: int) -> str:
    """`2026-09-25T17:48:26.844359Z`."""
    micro = time_ns // 1000
    return f"{_second_text(micro // 1_000_000)}.{str(micro % 1_000_000).zfill(6)}Z"


def nanos(time_ns: int) -> str:
    """`2026-09-25T17:48:26.844359566Z`."""
    return f"{_second_text(time_ns // NS_PER_SECOND)}.{str(time_ns % NS_PER_SECOND).zfill(9)}Z"


def seconds(time_ns: int) -> str:
    """`2026-09-25T17:48:26Z`."""
    return f"{_second_text(time_ns // NS_PER_SECOND)}Z"


def unix(time_ns: int) -> str:
    """`1693415327.935623`: v1, with its six digits always."""
    micro = time_ns // 1000
    return f"{micro // 1_000_000}.{str(micro % 1_000_000).zfill(6)}"


def rfc1123(time_ns: int) -> str:
    """`Thu, 06 Jul 23 18:50:48 +0000`: REST Time, with its year of two digits."""
    at = _EPOCH + timedelta(seconds=time_ns // NS_PER_SECOND)
    day = f"{_WEEKDAYS[at.weekday()]}, {at.day:02d} {_MONTHS[at.month - 1]} {at.year % 100:02d}"
    return f"{day} {at.hour:02d}:{at.minute:02d}:{at.second:02d} +0000"


def parse(text: str) -> int:
    """Nanoseconds of RFC 3339 text with up to nine fractional digits, in `Z` or at an offset.

    Raises ProtocolError for anything else.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise _no_time(text)
    *fields, fraction, sign, hours, minutes = match.groups()
    try:
        at = datetime(*map(int, fields), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        raise _no_time(text) from None
    second = (at - _EPOCH) // _ONE_SECOND
    if sign:
        offset = int(hours) * 3600 + int(minutes) * 60
        second += offset if sign == "-" else -offset
    return second * NS_PER_SECOND + int((fraction or "").ljust(9, "0"))


# A level3 snapshot names the second of every order it lists; all else is of this second or the last.
@lru_cache(maxsize=4096)
def _second_text(second: int) -> str:
    return (_EPOCH + timedelta(seconds=second)).isoformat()[:19]


def _no_time(text: str) -> ProtocolError:
    return ProtocolError(f"time must be RFC 3339 such as 2026-09-25T17:48:26.844359Z; was {text[:40]!r}")
