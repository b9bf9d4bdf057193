"""How worker and clock stand behind web where they share a machine."""

import os

# In steps of nice(2). What comes in has a sender who waits; what it starts may take a moment more.
BEHIND_THE_DOOR = 5


def stand_behind_the_door() -> None:
    """Let web have the processor first. Linux keeps a priority for each thread: called on the one
    that runs the event loop."""
    own_thread = 0
    if os.getpriority(os.PRIO_PROCESS, own_thread) < BEHIND_THE_DOOR:
        os.setpriority(os.PRIO_PROCESS, own_thread, BEHIND_THE_DOOR)
