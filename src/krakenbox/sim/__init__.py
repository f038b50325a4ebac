"""A seeded market: agents that trade through the sequencer as ordinary accounts, around latent prices."""
