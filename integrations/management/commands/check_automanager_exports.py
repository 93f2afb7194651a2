"""`manage.py check_automanager_exports`: are all cars online, everywhere, at the right price?"""

from __future__ import annotations

import json
import logging
from collections import Counter
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.automanager.instructions import step_of, title_of
from integrations.automanager.source import AnswerFile, UnreadableFile
from integrations.automanager.sync import AlreadyRunning, Question, check_exports
from integrations.automanager.wording import sentence_of
from integrations.management.fetching import add_common_arguments
from integrations.models import Connection, Partner, Severity
from integrations.patience import NotYet

logger = logging.getLogger(__name__)

SOMETHING_FOUND = 1
SOURCE_FAILED = 2
FAIL_ON = {one.word: one for one in (Severity.WARNING, Severity.ERROR, Severity.CRITICAL)}


class Command(BaseCommand):
    help = (
        "Checks the exports of Automanager, without changing anything there. Exit status: 0 "
        "nothing at or above --fail-on, 1 something was found, 2 Automanager cannot be reached or "
        "does not answer as agreed."
    )

    def add_arguments(self, parser):
        add_common_arguments(parser)
        parser.add_argument("--app", default="", metavar="X", help="only this export")
        parser.add_argument(
            "--dealer-number", default="", metavar="N", help="only exports of this dealer number"
        )
        parser.add_argument(
            "--hours", type=hours, default=24, help="read at least so many hours back (24)"
        )
        parser.add_argument("--json", action="store_true", help="for machines, on standard output")
        parser.add_argument(
            "--fail-on", choices=list(FAIL_ON), default="warning", help="exit status 1 from here on"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="read and check, but store nothing"
        )
        parser.add_argument(
            "--from-file", type=Path, metavar="F", help="read the answers in this file instead"
        )

    def handle(self, *, connection, app, dealer_number, **options):
        now = timezone.now()
        question = Question(app=app, dealer_number=dealer_number, hours=options["hours"])
        # What is found is read by the office, whatever language the terminal speaks.
        with translation.override(settings.LANGUAGE_CODE):
            source = read_file(options["from_file"])
            reports = []
            failed = 0
            for one in self.chosen(connection, has_file=source is not None):
                try:
                    report = check_exports(
                        one,
                        question,
                        now=now,
                        source=source,
                        dry_run=options["dry_run"],
                        anyway=options["anyway"],
                    )
                except NotYet as reason:
                    self.stderr.write(str(reason))
                    continue
                except AlreadyRunning:
                    message = _("%(connection)s: is being checked by somebody else at this moment.")
                    self.stderr.write(message % {"connection": one})
                    continue
                except Exception:
                    # One dealer's trouble must not keep the others waiting.
                    logger.exception("connection %s", one.pk)
                    failed += 1
                    continue
                failed += report.is_failed
                reports.append(report)
                if not options["json"]:
                    self.tell(report, is_rehearsal=options["dry_run"])
            loud = [one for report in reports for one in report.loud(FAIL_ON[options["fail_on"]])]
            status = SOURCE_FAILED if failed else SOMETHING_FOUND if loud else 0
            if options["json"]:
                self.stdout.write(as_json(reports, now=now, status=status))
            self.end(status, failed=failed, found=len(loud))

    def chosen(self, pk, *, has_file):
        """The active connections to Automanager, or the one that was named."""
        active = Connection.objects.active().filter(partner=Partner.AUTOMANAGER)
        active = active.select_related("dealer").order_by("pk")
        if pk is not None:
            active = active.filter(pk=pk)
            if not active:
                message = _("There is no Automanager connection %(id)d that is switched on.")
                raise CommandError(message % {"id": pk}, returncode=SOURCE_FAILED)
        elif has_file and len(active) != 1:
            message = _("Say with --connection whose exports the file is about.")
            raise CommandError(message, returncode=SOURCE_FAILED)
        elif not active:
            self.stderr.write(_("No Automanager connection is switched on."))
        return active

    def tell(self, report, *, is_rehearsal):
        record = report.record
        seconds = (record.finished_at - record.started_at).total_seconds()
        message = _(
            "%(connection)s: %(apps)d exports, %(pages)d pages read, %(findings)s "
            "(%(new)d new, %(closed)d gone; %(seconds)s s)"
        )
        counts = Counter(Severity(one.severity) for one in report.findings)
        worst_first = sorted(counts.items(), reverse=True)
        words = [f"{number} × {severity.label}" for severity, number in worst_first]
        self.stdout.write(
            message
            % {
                "connection": record.connection,
                "apps": record.apps,
                "pages": record.pages,
                "findings": ", ".join(words) or _("nothing found"),
                "new": record.outcome["new"] + record.outcome["reopened"],
                "closed": record.outcome["closed"],
                "seconds": number_format(seconds, 1),
            }
        )
        for finding in report.findings:
            self.tell_finding(finding)
        for line in skipped_lines(record.skipped):
            self.stdout.write(f"  {line}")
        if is_rehearsal:
            self.stdout.write("  " + _("Nothing was stored."))
        for line in record.error.splitlines():
            self.stderr.write(f"{record.connection}: {line}")

    def tell_finding(self, finding):
        head = [finding.check_code, str(Severity(finding.severity).label), str(finding.app or "")]
        head += [finding.vehicle_number or finding.vin, finding.lead.number if finding.lead else ""]
        quiet = _(" (acknowledged)") if finding.is_quiet else ""
        title = title_of(finding.check_code)
        self.stdout.write(f"  {' · '.join(filter(None, head))}: {title}{quiet}")
        self.stdout.write(f"    {sentence_of(finding)}")
        self.stdout.write(f"    → {step_of(finding.check_code)}")

    def end(self, status, *, failed, found):
        if status == SOURCE_FAILED:
            message = ngettext(
                "%(n)d connection needs attention.", "%(n)d connections need attention.", failed
            )
            raise CommandError(message % {"n": failed}, returncode=status)
        if status == SOMETHING_FOUND:
            message = ngettext("%(n)d finding is open.", "%(n)d findings are open.", found)
            raise CommandError(message % {"n": found}, returncode=status)


def hours(text):
    """More than five days are forgotten anyway."""
    number = int(text)
    if not 1 <= number <= 120:
        raise ValueError
    return number


def read_file(path):
    if path is None:
        return None
    try:
        return AnswerFile.read(path)
    except UnreadableFile as error:
        raise CommandError(str(error), returncode=SOURCE_FAILED) from error


def skipped_lines(skipped):
    """One line for all exports that lack the same:
    "mobile.de 1, heycar 2: ausgelassen (nicht vollständig bekannt: Inserate): AM-23, AM-24" """
    checks: dict[tuple[str, str], list[str]] = {}
    for one in skipped:
        checks.setdefault((one["reason"], one["app"]), []).append(one["check"])
    apps: dict[tuple[str, str], list[str]] = {}
    for (reason, app), codes in checks.items():
        apps.setdefault((reason, ", ".join(sorted(codes))), []).append(app)
    for (reason, listed), names in apps.items():
        about = ", ".join(filter(None, names))
        message = _("%(about)sleft out (%(reason)s): %(checks)s")
        values = {"about": f"{about}: " if about else "", "reason": reason, "checks": listed}
        yield message % values


def as_json(reports, *, now, status):
    told = {
        "checked_at": now.isoformat(),
        "exit_status": status,
        "connections": [
            {
                "id": report.record.connection_id,
                "name": str(report.record.connection),
                "state": report.record.state,
                "exports": report.record.apps,
                "pages": report.record.pages,
                "read": report.record.read,
                "outcome": report.record.outcome,
                "problems": report.record.error.splitlines(),
                "skipped": report.record.skipped,
                "findings": [finding_as_json(one) for one in report.findings],
            }
            for report in reports
        ],
    }
    return json.dumps(told, ensure_ascii=False, indent=2)


def finding_as_json(finding):
    return {
        "key": finding.key,
        "check": finding.check_code,
        "severity": Severity(finding.severity).word,
        "platform": finding.app.platform if finding.app else None,
        "app": finding.app.external_id if finding.app else None,
        "dealer_number": finding.dealer_number or None,
        "location": finding.location.name if finding.location else None,
        "vehicle_number": finding.vehicle_number or None,
        "vin": finding.vin or None,
        "lead": finding.lead.number if finding.lead else None,
        "title": title_of(finding.check_code),
        "text": sentence_of(finding),
        "instruction": step_of(finding.check_code),
        "opened_at": finding.opened_at.isoformat(),
        "last_seen_at": finding.last_seen_at.isoformat(),
        "is_acknowledged": finding.is_quiet,
        "facts": finding.facts,
    }
