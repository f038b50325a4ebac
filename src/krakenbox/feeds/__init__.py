"""Projections of events: what every view shows, and its wire form. Pure; a view never asks the engine."""
