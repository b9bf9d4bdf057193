"""When schedules are due: cron, intervals, and instants, in the zone where they were meant.

`schedule.py` puts the rest together: `settings.py` checks what people configure, `cron.py` reads
five fields, `wall_times.py` knows where a zone's clock jumps, `occurrences.py` walks. `expected.py`
comes to the same on a path of its own, so that the one can be held against the other.
"""
