"""Comparison of the networks and graphs with the outputs of a reference implementation."""
