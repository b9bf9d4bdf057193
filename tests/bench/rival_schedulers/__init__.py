"""The schedulers that Signalbox is measured beside, each with 200 jobs a minute.

Their packages lie apart (`requirements/bench.in`), so each runs as a process of its own with that
folder on its path. A job notes how late it began; nothing of Signalbox is imported here.
"""
