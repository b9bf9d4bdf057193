"""What is kept of an incoming request's headers, and how secrets are taken out of what is kept.

Headers (row A28 of the attack catalogue): credentials are dropped, by name and by what looks like
one (`token`, `secret`, `password`, a `key` …). Signatures explain a refusal and are kept, but cut
to their first characters, so that nobody can send the delivery again with what we stored.
`Idempotency-Key` stays: it is the sender's id.

Values (row A51): a secret is replaced wherever it stands, also base64-encoded (at any offset of the
encoding), hex-encoded, percent-encoded, or escaped as in JSON. Other encodings of a secret are not
recognised; neither is a secret shorter than `MIN_LENGTH`, which would blot out ordinary text.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from domain.rules.json_values import JsonValue, text_of

MAX_HEADERS = 64
MAX_NAME = 100
MAX_VALUE = 2_048
MAX_TOTAL = 32_768
MIN_LENGTH = 4
SIGNATURE_CHARACTERS_KEPT = 12
REDACTED = "[redacted]"

_CREDENTIAL_PARTS = (
    "token",
    "secret",
    "passw",
    "apikey",
    "credential",
    "cookie",
    "authoriz",
    "authentic",
    "bearer",
    "jwt",
    "assertion",
)
_CREDENTIAL_WORDS = frozenset({"auth", "key", "pass", "pwd", "session", "sid", "otp", "pin"})
_SIGNATURE_WORDS = frozenset({"digest", "hmac", "mac", "sig"})
_NOT_CREDENTIALS = frozenset({"idempotency-key"})
_ESCAPE = re.compile(r"""((?:\\u[0-9a-fA-F]{4})+)|\\(["\\/])""")
_UNSTORABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")


def storable_headers(
    headers: Mapping[str, str] | Iterable[tuple[str, str]], signature_header: str = ""
) -> list[tuple[str, str]]:
    """The headers that may be stored with an event: names in lower case, in the order given.

    `signature_header` (in lower case) is one that is known to hold a signature, whatever its name
    looks like. At most 64 headers and 32 KiB together, none with a name over 100 characters; longer
    values end in `…`; characters that a database refuses become U+FFFD.
    """
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    kept: list[tuple[str, str]] = []
    total = 0
    for name, value in pairs:
        lower = name.lower()
        stored_name, longest = _kept_as(lower) if len(lower) <= MAX_NAME else ("", 0)
        if lower == signature_header:
            longest = min(longest, SIGNATURE_CHARACTERS_KEPT)
        if longest == 0:
            continue
        pair = (stored_name, _storable(value, longest))
        total += len(pair[0]) + len(pair[1])
        if len(kept) == MAX_HEADERS or total > MAX_TOTAL:
            break
        kept.append(pair)
    return kept


@lru_cache(maxsize=1024)
def _kept_as(name: str) -> tuple[str, int]:
    """A header's name as it is stored, and how many characters of its value: none of a
    credential's."""
    words = frozenset(re.split(r"[-_.]", name))
    if name not in _NOT_CREDENTIALS and _is_credential(name, words):
        return name, 0
    is_signature = "signature" in name or not _SIGNATURE_WORDS.isdisjoint(words)
    return _storable(name, MAX_NAME), SIGNATURE_CHARACTERS_KEPT if is_signature else MAX_VALUE


def _is_credential(name: str, words: frozenset[str]) -> bool:
    # `api_key` and `api-key` say the same as `apikey`.
    squeezed = re.sub(r"[-_.]", "", name)
    by_part = any(part in squeezed for part in _CREDENTIAL_PARTS)
    return by_part or not _CREDENTIAL_WORDS.isdisjoint(words)


def _storable(text: str, longest: int) -> str:
    cut = text if len(text) <= longest else text[:longest] + "…"
    # Nothing printable is unstorable, and nearly all headers are.
    return cut if cut.isprintable() else _UNSTORABLE.sub("\ufffd", cut)


class Redactor:
    """Takes secrets out of texts and JSON values. Build one per execution, not one per text.

    A team may have hundreds of secrets, each in many encodings, and traces have many short values:
    so encodings are found by how they begin, and what is escaped is looked for only where some
    secret shows when the escapes are read.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        known = {secret for secret in secrets if len(secret) >= MIN_LENGTH}
        # The longest first: a secret inside a longer one must not leave the rest of it standing.
        self._secrets = _longest_first(known)
        self._needles = _longest_first({n for secret in known for n in _encodings(secret)})
        self._longest = max(map(len, self._needles), default=0)
        self._by_start: dict[str, list[str]] = {}
        for needle in self._needles:
            self._by_start.setdefault(needle[:MIN_LENGTH], []).append(needle)

    def text(self, text: str) -> str:
        """`text` with `[redacted]` for every secret."""
        if len(text) < MIN_LENGTH:
            return text
        for needle in self._candidates(text):
            text = text.replace(needle, REDACTED)
        return self._unescaped(text) if "%" in text or "\\" in text else text

    def _candidates(self, text: str) -> list[str]:
        """The encodings that may stand in `text`."""
        if len(text) > len(self._needles):
            return self._needles
        starts = {text[at : at + MIN_LENGTH] for at in range(len(text) - MIN_LENGTH + 1)}
        found = [needle for start in starts for needle in self._by_start.get(start, ())]
        return _longest_first(found) if found else found

    def _unescaped(self, text: str) -> str:
        readings = _readings(text)
        for secret in self._secrets:
            if any(secret in reading for reading in readings):
                text = _escaped_pattern(secret).sub(REDACTED, text)
        return text

    def cut_text(self, text: str) -> str:
        """Like `text`, for a text that was cut off: a secret that begins in its last characters
        goes, too."""
        clean = self.text(text)
        for at in range(max(0, len(clean) - self._longest), len(clean) - MIN_LENGTH + 1):
            end = clean[at:]
            if any(needle.startswith(end) for needle in self._by_start.get(end[:MIN_LENGTH], ())):
                return clean[:at] + REDACTED
        return clean

    def json(self, value: JsonValue) -> JsonValue:
        """`value` with every text, key and number that holds a secret redacted."""
        if not self._needles:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.json(item) for item in value]
        if isinstance(value, dict):
            return {self.text(key): self.json(item) for key, item in value.items()}
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return self._number(value)
        return value

    def _number(self, number: float | Decimal) -> JsonValue:
        written = text_of(number)
        return number if self.text(written) == written else REDACTED


def redact(value: JsonValue, secrets: Sequence[str]) -> JsonValue:
    """`value`, a text or any JSON value, without the secrets."""
    return Redactor(secrets).json(value)


def _encodings(secret: str) -> set[str]:
    raw = secret.encode(errors="surrogatepass")
    forms = {secret, quote(raw, safe=""), quote_plus(raw), raw.hex(), raw.hex().upper()}
    forms |= {json.dumps(secret, ensure_ascii=False)[1:-1], *_base64_cores(raw)}
    # Standard Webhooks: the secret proper is what follows the prefix.
    bare = secret.removeprefix("whsec_")
    return {form for form in forms | {bare} if len(form) >= MIN_LENGTH}


def _base64_cores(raw: bytes) -> set[str]:
    """What base64 makes of `raw` wherever it begins in the encoded bytes: the characters that do
    not depend on its neighbours.
    """
    cores = set()
    for offset in range(3):
        encoded = b64encode(b"\0" * offset + raw).decode().rstrip("=")
        whole_bits = (offset + len(raw)) * 8 // 6
        core = encoded[-(-offset * 8 // 6) : whole_bits]
        cores |= {core, core.replace("+", "-").replace("/", "_")}
    # A core of a few characters would blot out ordinary text.
    return {core for core in cores if len(core) >= 2 * MIN_LENGTH}


def _longest_first(texts: Iterable[str]) -> list[str]:
    return sorted(texts, key=lambda text: (-len(text), text))


def _readings(text: str) -> set[str]:
    """What `text` says when its escapes are read: those of addresses, of JSON, and both."""
    plain = _ESCAPE.sub(_meant, text)
    return {read(each) for each in (text, plain) for read in (unquote, unquote_plus)} | {plain}


def _meant(escape: re.Match[str]) -> str:
    if escape[1]:
        return str(json.loads(f'"{escape[1]}"'))
    return escape[2]


@lru_cache(maxsize=64)
def _escaped_pattern(secret: str) -> re.Pattern[str]:
    return re.compile("".join(map(_escaped_character, secret)))


def _escaped_character(character: str) -> str:
    percent = "".join(f"%{byte:02x}" for byte in character.encode(errors="surrogatepass"))
    units = character.encode("utf-16-be", "surrogatepass")
    escape = "".join(
        f"\\\\u{int.from_bytes(units[index : index + 2], 'big'):04x}"
        for index in range(0, len(units), 2)
    )
    choices = [re.escape(character), f"(?i:{percent})", f"(?i:{escape})"]
    choices += [r"\+"] if character == " " else []
    choices += [re.escape("\\" + character)] if character in '"\\/' else []
    return f"(?:{'|'.join(choices)})"
