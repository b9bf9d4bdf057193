"""Turns what the database holds into what templates show: values in, words and shapes out."""
