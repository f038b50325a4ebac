"""krakenbox: Kraken's Spot WebSocket exchange on your own machine."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from krakenbox.local import LocalExchange

__version__ = "0.1.0"
__all__ = ["LocalExchange", "__version__"]


def __getattr__(name: str) -> Any:
    """Import the exchange only for whoever asks for it: the SDK needs none of its dependencies."""
    if name == "LocalExchange":
        from krakenbox.local import LocalExchange  # noqa: PLC0415

        return LocalExchange
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
