"""krakenbox: Kraken's Spot WebSocket exchange on your own machine."""

__version__ = "0.1.0"
