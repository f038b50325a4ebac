"""The journal: every command in the order it was applied, durable before anybody sees what it did."""
