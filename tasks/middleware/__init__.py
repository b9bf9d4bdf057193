"""Dramatiq middleware, one behaviour a file."""
