"""How many of a worker's places calls to one destination may hold, and who waits for how long.

A worker runs 128 executions at once. Calls to a target that hangs hold their places until their
deadline, so without a bound one such target would take all of them in the end.
"""

# Of the 128 places of a worker. The larger one is also how many connections a client opens to one
# destination: more calls would only wait for each other, and their waiting counts as theirs.
QUARTER = 32
HALF = 64
# Who answers faster than this holds no place for long, however many calls there are.
FAST_S = 0.25
# Those that are turned away come back one after the other.
TURNS_A_SECOND = 10.0
SOONEST_S = 0.5
SPREAD_AT_LEAST_S = 30.0


def may_take_a_place(under_way: int, *, fast: bool, others: bool) -> bool:
    """Whether one more call may go to a destination that has `under_way` calls in this worker;
    `others`: other destinations have been called lately."""
    if fast or under_way < QUARTER:
        return True
    return not others and under_way < HALF


def next_turn(last_turn: float, now: float) -> float:
    """When somebody who was turned away may come back: nobody soon, and not all at once."""
    return max(now + SOONEST_S, last_turn + 1 / TURNS_A_SECOND)


def spread_s(until_probe_s: float, cool_down_s: float, luck: float) -> float:
    """How long an execution waits for an open breaker, in seconds, where another one is there in
    time to be the probe. `luck` draws from [0, 1). It is woken when the breaker closes; so the
    spread only says how often it asks in vain."""
    return until_probe_s + 1.0 + luck * max(SPREAD_AT_LEAST_S, 2 * cool_down_s)
