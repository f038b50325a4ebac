"""Books and matching: who meets whom, in price-time priority. Knows nothing of accounts, money or time."""
