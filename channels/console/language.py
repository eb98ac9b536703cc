"""The languages of the pages: gettext catalogues (`locale/*.po`), times and numbers as each language writes them."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from io import BytesIO
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from markupsafe import Markup
from starlette.requests import Request

SOURCE = "en"
COOKIE = "wasl_language"
ASKED = "lang"
CLOCK = "HH:mm:ss"


@dataclass(frozen=True)
class Language:
    """`direction` is what an HTML page says in `dir`."""

    locale: Locale
    translations: gettext.NullTranslations
    zone: ZoneInfo

    @property
    def code(self) -> str:
        return self.locale.language

    @property
    def name(self) -> str:
        return (self.locale.get_language_name(self.locale) or self.code).capitalize()

    @property
    def direction(self) -> str:
        return self.locale.text_direction

    def text(self, source: str) -> str:
        return self.translations.gettext(source) if source else ""

    def number(self, value: int | float) -> str:
        return format_decimal(value, locale=self.locale)

    def when(self, iso: str | None) -> str | Markup:
        """A `<time>`: the clock alone for today, the date before it for other days; the whole of it on hover."""
        if not iso:
            return "–"
        at = datetime.fromisoformat(iso).astimezone(self.zone)
        shown = format_time(at, CLOCK, tzinfo=self.zone, locale=self.locale)
        if at.date() != datetime.now(self.zone).date():
            shown = f"{format_date(at, 'medium', locale=self.locale)} {shown}"
        full = format_datetime(at, "full", tzinfo=self.zone, locale=self.locale)
        return Markup('<time datetime="{}" title="{}">{}</time>').format(iso, full, shown)

    def ago(self, iso: str | None) -> str | Markup:
        """How long ago, as a `<time>` with the exact moment on hover."""
        if not iso:
            return "–"
        at = datetime.fromisoformat(iso).astimezone(self.zone)
        passed = min(at - datetime.now(self.zone), timedelta(0))
        shown = format_timedelta(passed, add_direction=True, locale=self.locale, format="long")
        full = format_datetime(at, "full", tzinfo=self.zone, locale=self.locale)
        return Markup('<time datetime="{}" title="{}">{}</time>').format(iso, full, shown)


class Languages:
    """The source language and every catalogue there is; a new one is a new file, nothing else."""

    def __init__(self, default: str, zone: str) -> None:
        known: dict[str, gettext.NullTranslations] = {SOURCE: gettext.NullTranslations()} | catalogues()
        self.known: Mapping[str, Language] = {
            code: Language(Locale.parse(code), translations, ZoneInfo(zone)) for code, translations in known.items()
        }
        self._default = default

    def chosen(self, request: Request) -> Language:
        """What was asked for in the address, else the cookie, else the browser's wish, else the default."""
        said = (request.query_params.get(ASKED, ""), request.cookies.get(COOKIE, ""))
        return self.known[
            next(code for code in (*said, *_wishes(request), self._default, SOURCE) if code in self.known)
        ]


def catalogues() -> dict[str, gettext.GNUTranslations]:
    """Language code → its catalogue, compiled in memory."""
    found = {}
    for file in files("channels.console").joinpath("locale").iterdir():
        code, _, kind = file.name.partition(".")
        if kind == "po":
            compiled = BytesIO()
            write_mo(compiled, read_po(BytesIO(file.read_bytes()), locale=code))
            compiled.seek(0)
            found[code] = gettext.GNUTranslations(compiled)
    return found


def _wishes(request: Request) -> list[str]:
    """Languages of Accept-Language, the dearest first, without their countries."""
    wishes = []
    for place, one in enumerate(request.headers.get("accept-language", "")[:1000].split(",")):
        code, _, weight = one.strip().partition(";q=")
        try:
            wishes.append((-float(weight or 1), place, code.partition("-")[0].lower()))
        except ValueError:
            continue
    return [code for _, _, code in sorted(wishes)]
