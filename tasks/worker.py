"""What `dramatiq tasks.worker` loads: the broker, and the actors that answer its rings."""

import asyncio
import os
import sys

import dramatiq
import uvloop
from dramatiq.middleware.asyncio import AsyncIO

from domain.coordination.redis_urls import queue_url
from domain.errors import BadSettings
from domain.garbage import collect_seldom
from domain.logs import configure_logs
from domain.settings import read_settings
from tasks.broker import make_broker
from tasks.middleware.pipeline import PipelineMiddleware

try:
    settings = read_settings(os.environ)
except BadSettings as bad:
    sys.exit(f"The settings need mending:\n{bad}")

configure_logs("worker", settings.log_level)
asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
pipeline = PipelineMiddleware(settings)
broker = make_broker(queue_url(settings.redis_url), [AsyncIO(), pipeline])
dramatiq.set_broker(broker)

# The actors bind to the broker that is set when their modules are imported.
from tasks import backtests, events, executions, shadows  # noqa: E402, F401

collect_seldom()
