"""How many sockets this process may open. Most systems allow 1,024 open files unless asked for more."""

import sys

WANTED = 65_536
RESERVED = 192
"""Left for everything but WebSocket connections: HTTP, handshakes, files, the loop's own."""


def room() -> int:
    """Open files this process may have beside those reserved."""
    soft = _limits()[0]
    return max(1, (WANTED if soft is None else soft) - RESERVED)


def raise_limit() -> None:
    """Ask for as many open files as the system grants, up to `WANTED`."""
    soft, hard = _limits()
    wanted = WANTED if hard is None else min(WANTED, hard)
    if sys.platform != "win32" and soft is not None and soft < wanted:
        import resource  # noqa: PLC0415 - not on every platform

        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def _limits() -> tuple[int | None, int | None]:
    """Soft and hard limit; None where there is none."""
    if sys.platform == "win32":
        return None, None
    import resource  # noqa: PLC0415 - not on every platform

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    return (None if soft == unlimited else soft), (None if hard == unlimited else hard)
