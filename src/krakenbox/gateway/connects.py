"""How often one address may connect.

Kraken, WebSocket introduction: about 150 attempts per rolling 10 minutes and address, then a ban of as long.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address

MAX_CONNECTS = 150
WINDOW_NS = 600 * 1_000_000_000
BAN_NS = 600 * 1_000_000_000
MAX_ADDRESSES = 10_000
"""Addresses remembered; the one that connected longest ago is forgotten."""


@dataclass(slots=True)
class _Record:
    connects: deque[int] = field(default_factory=deque)
    banned_until_ns: int = 0


class Connects:
    """The connects of each address within the window."""

    def __init__(self, *, loopback_exempt: bool) -> None:
        self._loopback_exempt = loopback_exempt
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def admit(self, address: str, now_ns: int) -> bool:
        """Count one attempt; whether it may go on."""
        if self._loopback_exempt and is_loopback(address):
            return True
        record = self._records.setdefault(address, _Record())
        self._records.move_to_end(address)
        if len(self._records) > MAX_ADDRESSES:
            self._records.popitem(last=False)
        if now_ns < record.banned_until_ns:
            return False
        while record.connects and record.connects[0] <= now_ns - WINDOW_NS:
            record.connects.popleft()
        if len(record.connects) >= MAX_CONNECTS:
            record.banned_until_ns = now_ns + BAN_NS
            record.connects.clear()
            return False
        record.connects.append(now_ns)
        return True


def is_loopback(address: str) -> bool:
    """Whether a peer's address is this machine's own; anything that is no address is not."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    # A socket that serves both families shows IPv4 peers as mapped.
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return (mapped or ip).is_loopback
