"""Benchmarks: krakenbox and a bare picows server, measured in turns in one run, as ratios."""
