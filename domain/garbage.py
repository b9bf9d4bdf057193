"""Python's collector of cyclic garbage, set for a process that lives long and makes many objects
that do not."""

import gc

# Of Python's own 700, a request makes several dozen; under load most of what the collector then
# looked at was still in use, a tenth of the processor's time.
OBJECTS_BETWEEN_LOOKS = 5_000


def collect_seldom() -> None:
    """Look for garbage less often, and never again at what this process has loaded by now."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS, 10, 10)
