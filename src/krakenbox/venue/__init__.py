"""The rules around the books: accounts, checks, fees, timers and one function, `Exchange.apply`."""
