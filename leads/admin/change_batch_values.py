"""What cells of leads say now, and what they would say if undoing took them back; in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from django.db.models import Model
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _

from leads.admin.history import NOTHING, in_words
from leads.models import ChangeBatch, Lead, User
from leads.services.undo_plan import plan
from leads.services.undo_references import referred
from leads.services.undo_trace import BIN, TAGS

_LONG = 60  # characters of a value
# Not everybody may see results of credit pre-checks, and the id of some lead types tells them; the
# bin is no value, and tags are several.
_NOT_SHOWN = frozenset({"precheck", "lead_type", "effective_rate", "consents", BIN, TAGS})


class _Cell(NamedTuple):
    lead: int
    field: Any
    now: Any
    before: Any


def values_of(batch: ChangeBatch, leads: Mapping[int, Lead], *, user: User) -> dict[int, list[str]]:
    """By lead, a sentence for each cell that somebody has changed since. For a page of leads; the
    number of queries does not depend on theirs."""
    cells = list(_cells(batch, leads, user))
    names = _names(cells)
    found: dict[int, list[str]] = defaultdict(list)
    for lead, field, now, before in cells:
        found[lead].append(sentence(field, now, before, names))
    return found


def sentence(
    field: Any, now: Any, before: Any, names: Mapping[tuple[type[Model], int], Model] | None = None
) -> str:
    """What a cell says now and said before; `names`: of what a reference may mean."""
    words = [_word(field, value, names or {}) for value in (now, before)]
    text = _("%(field)s: now %(now)s, before %(before)s.")
    label = capfirst(str(field.verbose_name))
    return text % {"field": label, "now": words[0], "before": words[1]}


def _cells(batch: ChangeBatch, leads: Mapping[int, Lead], user: User) -> Iterator[_Cell]:
    for verdict in plan(batch, by=user, leads=list(leads)):
        for name, _who in verdict.left:
            if verdict.trace.is_new or name in _NOT_SHOWN:
                continue  # new leads have no former values
            field: Any = Lead._meta.get_field(name)
            now = getattr(leads[verdict.lead_id], field.attname)
            yield _Cell(verdict.lead_id, field, now, verdict.trace.former[name].of(name)[0])


def _names(cells: Iterable[_Cell]) -> dict[tuple[type[Model], int], Model]:
    """What the cells refer to; a query for each table."""
    wanted: dict[type[Model], set[int]] = defaultdict(set)
    for cell in cells:
        if (model := referred(cell.field)) is not None:
            wanted[model] |= {pk for pk in (cell.now, cell.before) if pk is not None}
    return {
        (model, row.pk): row
        for model, pks in wanted.items()
        for row in model._default_manager.filter(pk__in=pks)
    }


def _word(field: Any, value: Any, names: Mapping[tuple[type[Model], int], Model]) -> str:
    model = referred(field)
    if model is not None and isinstance(value, int):
        value = names.get((model, value), _("deleted"))
    word = Truncator(in_words(field, value)).chars(_LONG)
    if word == NOTHING:
        return _("empty")
    return word if word == "…" else _("“%(value)s”") % {"value": word}
