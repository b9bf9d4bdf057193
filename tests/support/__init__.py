"""Servers and helpers that tests and benchmarks share."""
