"""Workflow engines: one file each, and one line in the registry."""

from collections.abc import Callable

from domain.engines.guard import Guard
from domain.engines.plan import Engine
from domain.engines.steps import StepsEngine
from domain.outbound import Outbound

ENGINES: dict[str, Callable[[Outbound, Guard], Engine]] = {"steps": StepsEngine}
