"""What a Redis that is away looks like from here: in one place, since one kind is easily missed."""

from redis.exceptions import RedisError

# A connection that is reset while redis-py writes to it shows as uvloop's own RuntimeError ("unable
# to perform operation on …; the handler is closed"), and not as one of asyncio's OSErrors. Whoever
# lets it through has lost the task that rang, or listened, for the rest of the process.
REDIS_TROUBLE = (RedisError, OSError, TimeoutError, RuntimeError)
