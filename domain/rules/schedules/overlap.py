"""What a slot does whose schedule's last execution still runs."""

from typing import Literal

OverlapPolicy = Literal["allow", "skip", "queue_one", "cancel_running"]
OverlapDecision = Literal["fire", "skip", "wait", "cancel_and_fire"]


def decide_overlap(
    policy: OverlapPolicy,
    running: bool,  # noqa: FBT001  # The two facts of the decision, named by its caller.
    waiting: bool,  # noqa: FBT001
) -> OverlapDecision:
    """Whether a due slot fires, where an execution of the same trigger may be `running`, and a slot
    `waiting` for it to end. One that waits is first: nothing overtakes it."""
    if policy == "allow":
        return "fire"
    if policy == "cancel_running":
        return "cancel_and_fire" if running else "fire"
    if policy == "queue_one" and running and not waiting:
        return "wait"
    return "skip" if running or waiting else "fire"
