"""The forms of one's own profile."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self
from zoneinfo import available_timezones

from domain.operations.change_password import PasswordChange
from domain.operations.edit_profile import Profile
from domain.rules.names import MOST_NAME_CHARACTERS
from web.forms.reading import Fields

_NOT_PLACES = ("Etc/", "SystemV/", "posix/", "right/")
_MOST_CHARACTERS = 64

# How languages and their regions call themselves. Times and numbers follow; the words stay English.
LOCALES: tuple[tuple[str, str], ...] = (
    ("ar-EG", "العربية (مصر)"),
    ("bn-BD", "বাংলা (বাংলাদেশ)"),
    ("cs-CZ", "Čeština"),
    ("da-DK", "Dansk"),
    ("de-AT", "Deutsch (Österreich)"),
    ("de-CH", "Deutsch (Schweiz)"),
    ("de-DE", "Deutsch (Deutschland)"),
    ("el-GR", "Ελληνικά"),
    ("en-AU", "English (Australia)"),
    ("en-CA", "English (Canada)"),
    ("en-GB", "English (United Kingdom)"),
    ("en-IE", "English (Ireland)"),
    ("en-IN", "English (India)"),
    ("en-US", "English (United States)"),
    ("es-ES", "Español (España)"),
    ("es-MX", "Español (México)"),
    ("fi-FI", "Suomi"),
    ("fr-CA", "Français (Canada)"),
    ("fr-FR", "Français (France)"),
    ("he-IL", "עברית"),
    ("hi-IN", "हिन्दी"),
    ("hu-HU", "Magyar"),
    ("id-ID", "Indonesia"),
    ("it-IT", "Italiano"),
    ("ja-JP", "日本語"),
    ("ko-KR", "한국어"),
    ("nb-NO", "Norsk"),
    ("nl-NL", "Nederlands"),
    ("pl-PL", "Polski"),
    ("pt-BR", "Português (Brasil)"),
    ("pt-PT", "Português (Portugal)"),
    ("ro-RO", "Română"),
    ("sv-SE", "Svenska"),
    ("th-TH", "ไทย"),
    ("tr-TR", "Türkçe"),
    ("uk-UA", "Українська"),
    ("vi-VN", "Tiếng Việt"),
    ("zh-CN", "中文 (中国)"),
    ("zh-TW", "中文 (台灣)"),
)
THEME_WORDS = (("system", "The system's"), ("light", "Light"), ("dark", "Dark"))


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """The IANA zones that people choose from: UTC, then places."""
    places = {name for name in available_timezones() if "/" in name}
    return ("UTC", *sorted(name for name in places if not name.startswith(_NOT_PLACES)))


@dataclass(frozen=True, slots=True)
class ProfileForm:
    """A name, and how one sees things; empty means the browser's."""

    name: str
    zone: str
    locale: str
    theme: str

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent."""
        return cls(
            name=given.get("name", "").strip()[: MOST_NAME_CHARACTERS + 1],
            zone=given.get("zone", "")[:_MOST_CHARACTERS],
            locale=given.get("locale", "")[:_MOST_CHARACTERS],
            theme=given.get("theme", "")[:_MOST_CHARACTERS],
        )

    @classmethod
    def of(cls, session: Any) -> Self:
        """What is stored, as the session knows it."""
        zone, locale = session["zone"] or "", session["locale"] or ""
        return cls(session["name"], zone, locale, session["theme"])

    def profile(self) -> Profile:
        """What is to be stored."""
        return Profile(self.name, self.zone or None, self.locale or None, self.theme)


def password_change_in(given: Fields) -> PasswordChange:
    """The old password and the new one."""
    return PasswordChange(given.get("old_password", ""), given.get("password", ""))
