"""The event beside the conditions in their form: a stored one, the sender's sample, or pasted."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from domain.errors import InvalidInput
from domain.rules.ids import parse_id
from web.forms.reading import Fields, json_in
from web.presenters.words import size_words

SAMPLE, PASTED = "sample", "pasted"
MOST_PASTED = 256 * 1024
FIELD = "sample"


@dataclass(frozen=True, slots=True)
class ChosenEvent:
    """What was chosen (an event's id, `sample` or `pasted`; nothing: whatever is newest), and the
    text that was pasted."""

    chosen: str = ""
    pasted: str = ""

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent."""
        return cls(given.get("chosen", ""), given.get(FIELD, ""))

    @property
    def event_id(self) -> UUID | None:
        """The stored event that was chosen, if it is one."""
        return parse_id(self.chosen)

    @property
    def too_long(self) -> bool:
        """Whether more was pasted than is read."""
        return len(self.pasted.encode("utf-8", "surrogatepass")) > MOST_PASTED

    def body(self) -> bytes:
        """What was pasted. Raises InvalidInput at its field for what is no JSON."""
        if self.too_long:
            raise InvalidInput.at(FIELD, f"is longer than {size_words(MOST_PASTED)}")
        json_in(self.pasted, FIELD)
        return self.pasted.encode("utf-8", "surrogatepass")
