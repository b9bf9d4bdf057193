"""Change what one is called, and how one sees things."""

from collections.abc import Collection
from dataclasses import asdict, dataclass

from domain.errors import NotFound
from domain.operations.saving import check
from domain.rules.names import name_problems, settings_problems
from domain.rules.permissions import OWN_PROFILE, Actor
from domain.store import audit, users
from domain.store.database import transaction


@dataclass(frozen=True, slots=True)
class Profile:
    """A name; an IANA zone and a language tag, or None for the browser's; a theme."""

    name: str
    zone: str | None
    locale: str | None
    theme: str


async def edit_profile(actor: Actor, profile: Profile, zones: Collection[str]) -> None:
    """Store the actor's own profile. `zones` are those that may be chosen. Raises InvalidInput."""
    actor.require(OWN_PROFILE)
    shown = settings_problems(profile.zone, profile.locale, profile.theme, zones)
    check([*name_problems(profile.name), *shown])
    if actor.id is None:
        raise NotFound
    async with transaction():
        before = await users.profile_of(actor.id)
        await users.save_profile(actor.id, **asdict(profile))
        await audit.record(actor, "edit", "user", actor.id, before=before, after=asdict(profile))
