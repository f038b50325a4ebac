"""What happened to clients' orders and money, and the candles of every market, in SQL: written behind."""

from krakenbox.history.history import History

__all__ = ["History"]
