"""Text of v1's private channels, `openOrders` and `ownTrades`: arrays of objects with one key, an id.

Keys are alphabetical, as recorded; fields that nothing is known of are null or zero where the recordings
have them so, and left out where they have not. A text that a client chose comes as JSON text.
"""

from collections.abc import Iterable, Mapping

NULL = "null"
POSITION = "TKH2SE-M7IF5-CFI7LT"
"""`postxid` of every recorded spot trade: there is no position."""

Fields = Mapping[str, str]
"""Names and JSON text of values."""


def message(channel: str, rows: Iterable[str], sequence: int) -> str:
    """Rows of one account; `sequence` counts the messages of one subscription from 1.

    [[{"OCI7RW-HMJJ2-WMMJBE":{"status":"open","userref":0}}],"openOrders",{"sequence":3}]
    """
    return f'[[{",".join(rows)}],"{channel}",{{"sequence":{sequence}}}]'


def row(of: str, fields: Fields) -> str:
    """{"OCI7RW-HMJJ2-WMMJBE":{"status":"open","userref":0}}."""
    return f'{{"{of}":{object_of(fields)}}}'


def object_of(fields: Fields) -> str:
    """An object with its keys in alphabetical order."""
    return "{" + ",".join(f'"{name}":{fields[name]}' for name in sorted(fields)) + "}"


def quoted(text: str) -> str:
    """A string of digits, letters and signs alone: what the venue itself writes."""
    return f'"{text}"'
