"""`manage.py export_leads`: write the leads of a dealer, or some of them, into a file."""

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
from django.utils.translation import ngettext
from rest_framework.exceptions import ValidationError
from tqdm import tqdm

from leads.api.filters import LeadFilter
from leads.management.dealers import WRONG_CALL, dealer_named
from leads.management.files import reason_of
from leads.models import (
    ApiKey,
    ExportFormat,
    ExportOrigin,
    ExportState,
    ExportTemplate,
    Lead,
)
from leads.resources.exporting import known_columns, note_done, order_export, write_export
from leads.resources.worksheet import EXCEL_ROWS

NOTHING_FOUND = 1
NOT_WRITTEN = 3

_FORMATS = {".xlsx": ExportFormat.XLSX, ".csv": ExportFormat.CSV}
# Means the numbers of one outside system, and there is none here.
_FILTERS = sorted(set(LeadFilter.base_filters) - {"external_id"})


class Command(BaseCommand):
    help = (
        "Writes a dealer's leads into an xlsx or csv file that an import understands; it is on "
        "record under Exports. Exit status: 0 written, 1 no lead fits the filters (nothing is "
        "written), 2 something in the call is wrong, 3 the file could not be written."
    )

    def add_arguments(self, parser):
        parser.add_argument("--dealer", required=True, metavar="D", help="number or name")
        parser.add_argument("--to", required=True, metavar="FILE", help="ends with .xlsx or .csv")
        parser.add_argument(
            "--filter",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="as in the API, several mean all of them: " + ", ".join(_FILTERS),
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
            leads, names = _filtered(owner, options["filter"])
            values = {
                "format": _format(path, is_windows=windows_1252),
                "columns": _columns(owner, template),
                "filters": ", ".join(names)[:300],
            }
            export = self.export(owner, leads, path, values)
            self.stdout.write(
                _("%(leads)s in %(file)s.") % {"leads": _counted(export.written), "file": path}
            )

    def export(self, dealer, leads, path, values):
        """The row of the export. What could not be written is not on record."""
        count = leads.count()
        if not count:
            raise CommandError(_("No lead fits these filters."), returncode=NOTHING_FOUND)
        if values["format"] == ExportFormat.XLSX and count > EXCEL_ROWS:
            message = _("Excel holds at most %(limit)s rows. Please choose CSV or filter the list.")
            params = {"limit": number_format(EXCEL_ROWS)}
            raise CommandError(message % params, returncode=WRONG_CALL)
        export = order_export(
            dealer,
            leads,
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


def _format(path, *, is_windows):
    found = _FORMATS.get(path.suffix.lower())
    if found is None or (is_windows and found != ExportFormat.CSV):
        message = _("The name of the file must end with .xlsx or .csv; Windows-1252 is for .csv.")
        raise CommandError(message, returncode=WRONG_CALL)
    return ExportFormat.CSV_WINDOWS if is_windows else found


def _columns(dealer, template):
    """Names of columns; [] for all."""
    if template is None:
        return []
    found = ExportTemplate.objects.for_dealer(dealer).filter(name=template).first()
    if found is None:
        message = _("There is no template “%(name)s” at this dealer.") % {"name": template}
        raise CommandError(message, returncode=WRONG_CALL)
    if found.columns and not known_columns(found.columns):
        # All columns would be more than anybody asked for.
        message = _("None of the columns of the template “%(name)s” exist any more.")
        raise CommandError(message % {"name": template}, returncode=WRONG_CALL)
    return found.columns


def _filtered(dealer, filters):
    """The leads that fit all filters, newest first, and the names of the filters."""
    pairs = [one.partition("=")[::2] for one in filters]
    wanted = dict(pairs)
    unknown = sorted(set(wanted) - set(_FILTERS))
    if unknown:
        message = _("There is no filter %(names)s. There are: %(known)s.")
        params = {"names": ", ".join(unknown), "known": ", ".join(_FILTERS)}
        raise CommandError(message % params, returncode=WRONG_CALL)
    # With an empty value it would let all leads through; named twice, only the last would count.
    if empty := sorted({name for name, value in pairs if not value.strip()}):
        message = _("Filters without a value: %(names)s. Please write NAME=VALUE.")
        raise CommandError(message % {"names": ", ".join(empty)}, returncode=WRONG_CALL)
    if len(wanted) < len(pairs):
        raise CommandError(_("Each filter may be named once."), returncode=WRONG_CALL)
    leads = Lead.objects.for_dealer(dealer)
    # The filters look up names within the wall of whoever calls the API.
    caller = SimpleNamespace(auth=ApiKey(dealer=dealer))
    found = LeadFilter(wanted, queryset=leads, request=caller)
    try:
        if not found.is_valid():
            raise CommandError(_problems(found.errors), returncode=WRONG_CALL)
        return found.qs, sorted(wanted)
    except ValidationError as error:
        raise CommandError(_problems(error.detail), returncode=WRONG_CALL) from error


def _problems(errors):
    return "\n".join(f"{name}: {' '.join(map(str, found))}" for name, found in errors.items())


def _counted(count):
    return ngettext("%(n)s lead", "%(n)s leads", count) % {"n": number_format(count)}
