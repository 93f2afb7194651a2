"""Lists into files, as the pages of the admin export them: a command for each kind."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from types import SimpleNamespace

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django_filters.rest_framework import FilterSet
from rest_framework.exceptions import ValidationError
from tqdm import tqdm

from leads.management.dealers import WRONG_CALL, dealer_named
from leads.management.files import reason_of
from leads.models import (
    ApiKey,
    ExportFormat,
    ExportOrigin,
    ExportState,
    ExportTemplate,
    ListKind,
)
from leads.resources.export_kinds import EXPORT_KINDS
from leads.resources.exporting import known_columns, note_done, order_export, write_export
from leads.resources.worksheet import EXCEL_ROWS

NOTHING_FOUND = 1
NOT_WRITTEN = 3

_FORMATS = {".xlsx": ExportFormat.XLSX, ".csv": ExportFormat.CSV}


class ExportCommand(BaseCommand):
    """Base of the commands; `kind` is what their lists hold, `filters` those of the API, but for
    those that mean nothing here."""

    kind: ListKind
    filters: type[FilterSet]
    left_out: frozenset[str] = frozenset()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.exported = EXPORT_KINDS[self.kind]
        self.names = sorted(set(self.filters.base_filters) - self.left_out)
        self.help = (
            f"Writes a dealer's {self.kind} into an xlsx or csv file that an import understands; "
            "it is on record under Exports. Exit status: 0 written, 1 nothing fits the filters "
            "(nothing is written), 2 something in the call is wrong, 3 the file could not be "
            "written."
        )

    def add_arguments(self, parser):
        parser.add_argument("--dealer", required=True, metavar="D", help="number or name")
        parser.add_argument("--to", required=True, metavar="FILE", help="ends with .xlsx or .csv")
        parser.add_argument(
            "--filter",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="as in the API, several mean all of them: " + ", ".join(self.names),
        )
        parser.add_argument("--template", metavar="NAME", help="columns of a saved template")
        parser.add_argument(
            "--windows-1252", action="store_true", help="csv for programs that know no UTF-8"
        )

    def handle(self, *, dealer, to, template, windows_1252, **options):
        # Headers and summaries are read by the office, whatever language the terminal speaks.
        with translation.override(settings.LANGUAGE_CODE):
            owner = dealer_named(dealer)
            path = Path(to)
            rows, names = self.filtered(owner, options["filter"])
            values = {
                "format": _format(path, is_windows=windows_1252),
                "columns": self.columns(owner, template),
                "filters": ", ".join(names)[:300],
            }
            export = self.export(owner, rows, path, values)
            counted = self.exported.counted(export.written)
            self.stdout.write(_("%(rows)s in %(file)s.") % {"rows": counted, "file": path})

    def export(self, dealer, rows, path, values):
        """The row of the export. What could not be written is not on record."""
        count = rows.count()
        if not count:
            raise CommandError(str(self.exported.nothing), returncode=NOTHING_FOUND)
        if values["format"] == ExportFormat.XLSX and count > EXCEL_ROWS:
            message = _("Excel holds at most %(limit)s rows. Please choose CSV or filter the list.")
            params = {"limit": number_format(EXCEL_ROWS)}
            raise CommandError(message % params, returncode=WRONG_CALL)
        export = order_export(
            dealer,
            rows,
            user=None,
            now=timezone.now(),
            origin=ExportOrigin.COMMAND,
            state=ExportState.RUNNING,
            **values,
        )
        try:
            self.write(export, path)
        except OSError as error:
            export.delete()
            raise CommandError(
                _("%(file)s could not be written: %(reason)s")
                % {"file": path, "reason": reason_of(error)},
                returncode=NOT_WRITTEN,
            ) from error
        return export

    def write(self, export, path):
        """All of it or nothing: an older file stays as it is until the new one is complete."""
        descriptor, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "wb") as target:
            try:
                # disable=None: only where somebody is watching
                with tqdm(total=export.total, unit="", leave=False, disable=None) as bar:
                    written = write_export(export, target, progress=bar.update)
                target.flush()
                Path(name).replace(path)
            except BaseException:
                Path(name).unlink()
                raise
        note_done(export, written=written, now=timezone.now())

    def columns(self, dealer, template):
        """Names of columns; [] for all."""
        if template is None:
            return []
        templates = ExportTemplate.objects.for_dealer(dealer)
        found = templates.filter(kind=self.kind, name=template).first()
        if found is None:
            message = _("There is no template “%(name)s” at this dealer.") % {"name": template}
            raise CommandError(message, returncode=WRONG_CALL)
        if found.columns and not known_columns(found.columns, self.exported):
            # All columns would be more than anybody asked for.
            message = _("None of the columns of the template “%(name)s” exist any more.")
            raise CommandError(message % {"name": template}, returncode=WRONG_CALL)
        return found.columns

    def filtered(self, dealer, filters):
        """The rows that fit all filters, newest first, and the names of the filters."""
        pairs = [one.partition("=")[::2] for one in filters]
        wanted = dict(pairs)
        unknown = sorted(set(wanted) - set(self.names))
        if unknown:
            message = _("There is no filter %(names)s. There are: %(known)s.")
            params = {"names": ", ".join(unknown), "known": ", ".join(self.names)}
            raise CommandError(message % params, returncode=WRONG_CALL)
        # With an empty value it would let all through; named twice, only the last would count.
        if empty := sorted({name for name, value in pairs if not value.strip()}):
            message = _("Filters without a value: %(names)s. Please write NAME=VALUE.")
            raise CommandError(message % {"names": ", ".join(empty)}, returncode=WRONG_CALL)
        if len(wanted) < len(pairs):
            raise CommandError(_("Each filter may be named once."), returncode=WRONG_CALL)
        rows = self.exported.model.objects.for_dealer(dealer)
        # The filters look up names within the wall of whoever calls the API.
        caller = SimpleNamespace(auth=ApiKey(dealer=dealer))
        found = self.filters(wanted, queryset=rows, request=caller)
        try:
            if not found.is_valid():
                raise CommandError(_problems(found.errors), returncode=WRONG_CALL)
            return found.qs, sorted(wanted)
        except ValidationError as error:
            raise CommandError(_problems(error.detail), returncode=WRONG_CALL) from error


def _format(path, *, is_windows):
    found = _FORMATS.get(path.suffix.lower())
    if found is None or (is_windows and found != ExportFormat.CSV):
        message = _("The name of the file must end with .xlsx or .csv; Windows-1252 is for .csv.")
        raise CommandError(message, returncode=WRONG_CALL)
    return ExportFormat.CSV_WINDOWS if is_windows else found


def _problems(errors):
    return "\n".join(f"{name}: {' '.join(map(str, found))}" for name, found in errors.items())
