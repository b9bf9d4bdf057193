"""The form of a calendar: a name, and dates that are typed, pasted or uploaded."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self

from litestar import Request
from litestar.datastructures import UploadFile

from domain.errors import InvalidInput
from domain.operations.save_calendar import CalendarDraft
from domain.store.calendars import CalendarRow
from web.forms.reading import read_form, whole_number_in

FIELDS = ("name", "content", "file")
_ICS = "BEGIN:VCALENDAR"
_MARK_DIGITS = 16


@dataclass(frozen=True, slots=True)
class CalendarForm:
    """What someone typed. A file that was sent takes the place of what stood in the text field.
    `agreed` is the mark of the draft whose consequences were shown before."""

    name: str = ""
    content: str = ""
    revision: int | None = None
    agreed: str = ""

    @classmethod
    def of(cls, row: CalendarRow) -> Self:
        """What is stored."""
        return cls(row.name, row.content, row.revision)

    @property
    def draft(self) -> CalendarDraft:
        """The calendar that this describes: an iCalendar file says so in its first line."""
        is_ics = self.content.lstrip("\ufeff \n").upper().startswith(_ICS)
        return CalendarDraft(self.name, "ics" if is_ics else "dates", self.content)

    @property
    def mark(self) -> str:
        """What tells this draft from another one, on top of the same revision."""
        text = f"{self.revision}\0{self.name}\0{self.content}"
        return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_MARK_DIGITS]


async def read_calendar_form(request: "Request[Any, Any, Any]") -> CalendarForm:
    """What was sent. Raises InvalidInput for what is no form, or a file that is no text."""
    given = await read_form(request)
    uploaded = (await request.form()).get("file")
    content = given.get("content", "")
    if isinstance(uploaded, UploadFile) and (file := await uploaded.read()):
        content = _text_of(file)
    return CalendarForm(
        name=given.get("name", "").strip(),
        content=content,
        revision=whole_number_in(given.get("revision", "")),
        agreed=given.get("agreed", ""),
    )


def _text_of(file: bytes) -> str:
    try:
        return file.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise InvalidInput.at("file", "is no text in UTF-8, as a calendar file is") from None
