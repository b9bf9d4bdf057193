"""Workflow engines: one file each, and one line in the registry."""

from domain.engines.plan import Engine
from domain.engines.steps import StepsEngine

ENGINES: dict[str, type[Engine]] = {"steps": StepsEngine}
