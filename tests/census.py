"""How much everything holds: the sizes of all containers that objects of ours reach, by class and attribute.

before = census(exchange, hub)
assert census(exchange, hub)["feeds.hub.Hub._connections"] == 0
"""

from collections import Counter, deque
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

PACKAGE = "krakenbox."
_CONTAINERS = (dict, list, set, deque)
_BYTES = (bytes, bytearray)


def census(*roots: object) -> Counter[str]:
    """Items in each container, and bytes in each text; those of one attribute of one class are summed."""
    found: Counter[str] = Counter()
    seen: set[int] = set()
    # What is to be looked at, and the attribute that it came from.
    waiting: list[tuple[object, str]] = [(root, "") for root in roots]
    while waiting:
        item, label = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, _CONTAINERS):
            found[label] += len(item)
            waiting += ((child, label) for child in _children(item))
        elif isinstance(item, _BYTES):
            found[label] += len(item)
        elif type(item).__module__.startswith(PACKAGE) and not isinstance(item, Struct):
            name = f"{type(item).__module__.removeprefix(PACKAGE)}.{type(item).__name__}"
            waiting += ((value, f"{name}.{attribute}") for attribute, value in _attributes(item))
    return found


def _children(container: Any) -> Iterator[object]:
    yield from container
    if isinstance(container, dict):
        yield from container.values()


def _attributes(item: object) -> Iterator[tuple[str, object]]:
    yield from getattr(item, "__dict__", {}).items()
    for kind in type(item).__mro__:
        for slot in kind.__dict__.get("__slots__", ()):
            if hasattr(item, slot):
                yield slot, getattr(item, slot)
