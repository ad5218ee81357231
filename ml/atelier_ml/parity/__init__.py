"""Comparison of our networks and graphs with numbers that a reference produced."""
