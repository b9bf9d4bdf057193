"""Chaos: real processes, real servers behind a proxy of our own, and every fault of the catalogue.

`python -m tests.chaos` plays the scenarios one after the other, then walks at random through the
faults, and writes docs/chaos.md from what it saw. `tests/chaos/test_*.py` are the shorter cut that
runs with all tests.
"""
