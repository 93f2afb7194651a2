"""Lists from files, as the pages of the admin import them: a command for each kind."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tqdm import tqdm

from leads.management.dealers import WRONG_CALL, dealer_named
from leads.management.files import reason_of
from leads.models import (
    ImportOrigin,
    ImportState,
    ImportTemplate,
    ListKind,
    OnExisting,
    Plan,
    RowOutcome,
)
from leads.resources.import_checking import check_portion, counted
from leads.resources.import_deciding import assign_columns, decide, use_template
from leads.resources.import_mapping import FURTHER, LEFT_OUT, ListMapping
from leads.resources.import_running import import_portion, pause, start
from leads.resources.import_staging import order_import
from leads.resources.list_info import Choice

ROWS_LEFT = 1
UNREADABLE = 3
# Errors that are shown; the result workbook in the admin has them all.
SHOWN = 20
# Numbers of the first rows with a remark.
SHOWN_PLACES = 5


class ListCommand(BaseCommand):
    """Base of the commands; `kind` is what their lists hold."""

    kind: ListKind
    usually = "as in the template, or as last time"
    # Of a list of the whole stock: however many cars it no longer names.
    accepts_vanishing = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.help = (
            f"Imports {self.kind} from an xlsx or csv file, as the admin does; the import is on "
            "record there and can be undone. Exit status: 0 all rows were taken, 1 some have "
            "errors (the others were taken), 2 something in the call is wrong, 3 the file cannot "
            "be read."
        )

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--dealer", required=True, metavar="D", help="number or name")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument(
            "--on-existing",
            choices=[str(one) for one in OnExisting],
            help=f"what is done with those that are here already; otherwise {self.usually}",
        )
        self.add_reading_arguments(parser)

    def add_reading_arguments(self, parser):
        """How the file is to be read."""
        parser.add_argument("--template", metavar="T", help="name of a saved import template")
        parser.add_argument("--sheet", default="", help="of a workbook with several")
        parser.add_argument("--header-row", type=int, default=0, metavar="N")

    def choice(self, options):
        return Choice(sheet=options["sheet"], header_row=options["header_row"])

    def handle(self, *, file, dealer, dry_run, on_existing, **options):
        # Texts are read by the office, whatever language the terminal speaks.
        with translation.override(settings.LANGUAGE_CODE):
            owner = dealer_named(dealer)
            known = _template(owner, self.kind, options.get("template"))
            found = _read(owner, self.kind, file, self.choice(options))
            is_kept = False
            try:
                self.prepare(found, known, on_existing)
                if not dry_run:
                    is_kept = True
                    self.carry_out(found)
                bad = counted(found)[Plan.BAD]
            finally:
                if not is_kept:
                    found.delete_file()
                    found.delete()
            if bad:
                text = ngettext("%(n)s row has errors.", "%(n)s rows have errors.", bad)
                raise CommandError(text % {"n": number_format(bad)}, returncode=ROWS_LEFT)

    def prepare(self, found, template, on_existing):
        """Assign the columns, look at all rows, say what would become of them."""
        if template is not None:
            use_template(found, template, now=timezone.now())
        mapping = ListMapping.of(found)
        fixed = self.fixed_values(mapping)
        try:
            assign_columns(found, mapping.columns, fixed, by=None, now=timezone.now())
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=UNREADABLE) from error
        decide(
            found,
            on_existing=OnExisting(on_existing or found.on_existing),
            takes_duplicates=False,
            takes_conflicts=False,
            now=timezone.now(),
            accepts_vanishing=self.accepts_vanishing,
        )
        self.go_through(check_portion, found)
        self.say_sheet(found)
        self.say_columns(ListMapping.of(found))
        self.say_plan(found)

    def fixed_values(self, mapping):
        """What is the same in every row: by name of a column, text."""
        return mapping.fixed

    def carry_out(self, found):
        start(found, now=timezone.now(), by_worker=False)
        try:
            self.go_through(import_portion, found)
        except BaseException:
            pause(found, now=timezone.now())  # the operator can go on in the admin
            raise
        words = {one: number_format(found.outcomes.get(one, 0)) for one in RowOutcome}
        self.stdout.write(
            _(
                "Imported: %(created)s new, %(updated)s changed, %(unchanged)s unchanged, "
                "%(skipped)s skipped, %(bad)s with errors."
            )
            % words
        )

    def go_through(self, portion, found):
        # disable=None: only where somebody is watching
        with tqdm(total=found.row_count, unit="", leave=False, disable=None) as bar:
            while portion(found, now=timezone.now()):
                bar.update(found.step_count - bar.n)

    def say_sheet(self, found):
        if len(found.info.get("sheets", ())) > 1:
            text = _("The sheet “%(sheet)s” was read.")
            self.stdout.write(text % {"sheet": found.info["sheet"]})

    def say_columns(self, mapping):
        for header, column in zip(mapping.headers, mapping.columns, strict=True):
            words = {FURTHER: _("further value"), LEFT_OUT: _("left out")}
            meaning = words.get(column) or mapping.table.by_name[column].header
            if meaning != header:
                self.stdout.write(f"{header} → {meaning}")

    def say_plan(self, found):
        counts = counted(found)
        self.stdout.write(
            _(
                "%(rows)s rows: %(new)s new, %(changed)s changed, %(unchanged)s unchanged, "
                "%(duplicate)s duplicates, %(bad)s with errors."
            )
            % {
                "rows": number_format(found.row_count),
                **{name: number_format(number) for name, number in counts.items()},
            }
        )
        if totals := counts[Plan.TOTAL]:
            text = ngettext(
                "%(n)s row of totals or headings is not imported.",
                "%(n)s rows of totals or headings are not imported.",
                totals,
            )
            self.stdout.write(text % {"n": number_format(totals)})
        self.say_remarks(found)
        self.say_conflicts(found)
        bad = found.rows.filter(plan=Plan.BAD).values_list("number", "notes")[:SHOWN]
        for number, notes in bad:
            for header, _value, reason in notes["problems"]:
                place = _("Row %(row)s") % {"row": number}
                self.stderr.write(" · ".join(filter(None, [place, header, str(reason)])))

    def say_remarks(self, found):
        """What is odd about rows, each sentence once and without what stands in the cells."""
        places: dict[str, list[int]] = {}
        odd = found.rows.filter(notes__has_key="odd").order_by("number")
        for number, notes in odd.values_list("number", "notes").iterator():
            for text in notes["odd"]:
                places.setdefault(text, []).append(number)
        for text, numbers in places.items():
            count = ngettext("%(n)s row", "%(n)s rows", len(numbers))
            first = ", ".join(map(str, numbers[:SHOWN_PLACES]))
            more = "" if len(numbers) <= SHOWN_PLACES else " …"
            count = count % {"n": number_format(len(numbers))}
            self.stdout.write(f"{text} ({count}: {first}{more})")

    def say_conflicts(self, found):
        """Which cells are left alone because they have changed here since the export."""
        rows = found.rows.filter(has_conflict=True).order_by("number")
        for number, notes in rows.values_list("number", "notes")[:SHOWN]:
            place = _("Row %(row)s") % {"row": number}
            headers = ", ".join(header for header, *_texts in notes["conflicts"])
            reason = _("Changed here since the export; what is here now stays.")
            self.stderr.write(" · ".join([place, headers, reason]))


def _template(dealer, kind, name):
    if name is None:
        return None
    templates = ImportTemplate.objects.for_dealer(dealer).named(kind)
    found = templates.filter(name=name).first()
    if found is None:
        message = _("There is no template “%(name)s” at this dealer.") % {"name": name}
        raise CommandError(message, returncode=WRONG_CALL)
    return found


def _read(dealer, kind, path, choice):
    try:
        with path.open("rb") as file:
            found = order_import(
                dealer,
                file,
                file_name=path.name,
                size=path.stat().st_size,
                user=None,
                now=timezone.now(),
                kind=kind,
                origin=ImportOrigin.COMMAND,
                choice=choice,
            )
    except OSError as error:
        message = _("%(file)s cannot be opened: %(reason)s")
        params = {"file": path, "reason": reason_of(error)}
        raise CommandError(message % params, returncode=WRONG_CALL) from error
    if found.state == ImportState.UNREADABLE:
        reason = found.trouble
        found.delete_file()
        found.delete()
        raise CommandError(reason, returncode=UNREADABLE)
    return found
