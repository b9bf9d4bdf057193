"""How late slots start, in buckets: few enough to count them by trigger and hour."""

from datetime import timedelta

BOUNDS_S = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 3_600.0)
"""Upper bounds in seconds. What is later than the last one is in the bucket `inf`."""

PREFIX = "skew:"
BUCKETS = (*(f"{PREFIX}{bound:g}" for bound in BOUNDS_S), f"{PREFIX}inf")


def skew_bucket(skew: timedelta) -> str:
    """The bucket, `skew:0.5`, of what started so long after it was due."""
    seconds = skew.total_seconds()
    place = sum(1 for bound in BOUNDS_S if seconds > bound)
    return BUCKETS[place]
