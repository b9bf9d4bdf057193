"""How many files and sockets this process may have open, and who gets how many of them.

A process that is out of them can take no delivery, open no connection to its database and write no
log. So what others hold open without end is bounded by shares: the live streams by a quarter, all
connections from outside by half.
"""

import resource
from functools import cache

# More than any one process can serve.
MOST = 65_536


@cache
def descriptors() -> int:
    """How many this process may have open. The soft limit is raised as far as the hard one goes:
    the usual 1,024 is for programs that use select(2), and ours do not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return min(soft, MOST) if soft != resource.RLIM_INFINITY else MOST


def most_streams() -> int:
    """How many live streams this process may have open."""
    return max(descriptors() // 4, 1)


def most_connections() -> int:
    """How many connections from outside this process may have open, the streams among them."""
    return max(descriptors() // 2, 1)
