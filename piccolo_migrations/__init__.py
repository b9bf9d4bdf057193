"""Migrations, run by Piccolo in the order of their names; each runs one SQL file, written by hand.

By hand, because most of what matters here is what Piccolo cannot say: partitions, checks,
composite keys, partial indexes. A test proves that the result equals `domain/store/tables*.py`.
"""
