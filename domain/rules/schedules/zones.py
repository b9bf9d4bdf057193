"""The time zones that a schedule may name: those of the pinned `tzdata`, and no others.

Every host computes with the same tables: the machine's own are not looked at, so two clocks never
differ over when something is due, and an update of the tables is a release of ours.
"""

import zoneinfo
from importlib import resources
from zoneinfo import ZoneInfo

import tzdata

from domain.errors import InvalidInput

TZDATA: str = tzdata.IANA_VERSION

# Entries of the list that are no place's time: placeholders and the machine's own.
_NO_ZONES = frozenset({"Factory", "localtime", "posixrules"})
_OTHER_TABLES = ("SystemV/", "posix/", "right/")

zoneinfo.reset_tzpath(())
ZoneInfo.clear_cache()


def _listed() -> frozenset[str]:
    names = resources.files(tzdata).joinpath("zones").read_text("ascii").split()
    return frozenset(
        name for name in names if name not in _NO_ZONES and not name.startswith(_OTHER_TABLES)
    )


ZONES: frozenset[str] = _listed()


def zone_named(name: object, field: str) -> ZoneInfo:
    """The zone of this name. Raises InvalidInput at `field` for what is not on the list (row A56 of
    the attack catalogue: nothing but a listed name becomes part of a path)."""
    if not isinstance(name, str) or name not in ZONES:
        raise InvalidInput.at(field, "is no time zone of the IANA list, such as Europe/Berlin")
    return ZoneInfo(name)
