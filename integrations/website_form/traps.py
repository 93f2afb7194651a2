"""What tells a program from a person: the field nobody sees, and the time it takes to write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from django.core import signing

from integrations.models import WebsiteForm
from integrations.website_form.schema import ELAPSED, TRAP, Json

# A page that somebody left open longer than this tells nothing about how long it took.
_LONGEST = timedelta(days=7)
_SALT = "integrations.website_form.page"


@dataclass(frozen=True, slots=True)
class PageToken:
    """What our own page sends back with the form: when it was shown, with which wordings."""

    shown_at: datetime
    versions: Mapping[str, int]  # by purpose

    @classmethod
    def of(cls, form: WebsiteForm, *, now: datetime) -> Self:
        return cls(now, {one["purpose"]: one["version"] for one in form.consents})

    def signed(self, form: WebsiteForm) -> str:
        said = {"form": form.pk, "at": self.shown_at.timestamp(), "versions": self.versions}
        return signing.dumps(said, salt=_SALT)

    @classmethod
    def read(cls, text: Json, form: WebsiteForm, *, now: datetime) -> Self | None:
        """None if it is not ours, of another form, or of a page left open for long."""
        try:
            said: Any = signing.loads(text if isinstance(text, str) else "", salt=_SALT)
        except signing.BadSignature:
            return None
        shown_at = datetime.fromtimestamp(said["at"], UTC)
        if said["form"] != form.pk or not timedelta(0) <= now - shown_at <= _LONGEST:
            return None
        return cls(shown_at, said["versions"])

    def has_current_wordings(self, form: WebsiteForm) -> bool:
        return dict(self.versions) == {one["purpose"]: one["version"] for one in form.consents}


def is_suspicious(form: WebsiteForm, fields: Mapping[str, Json]) -> bool:
    """Whether a program's message looks like a robot's: the trap is filled, or it was too fast.

    One that does not say how long it took is believed: programs on a server cannot know.
    """
    if fields.get(TRAP) not in ("", None):
        return True
    if fields.get(ELAPSED) in ("", None):
        return False
    try:
        return float(fields[ELAPSED]) < form.min_seconds * 1000
    except (TypeError, ValueError):
        return True


def is_suspicious_page(
    form: WebsiteForm, fields: Mapping[str, Json], token: PageToken | None, *, now: datetime
) -> bool:
    """The same for our own page, which says by its token when it was shown."""
    if fields.get(TRAP) not in ("", None) or token is None:
        return True
    return now - token.shown_at < timedelta(seconds=form.min_seconds)
