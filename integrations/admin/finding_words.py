"""A finding as pages show it: how bad, what it is, what to do, since when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from integrations.automanager.instructions import step_of, title_of
from integrations.automanager.wording import sentence_of
from integrations.models import Finding, Severity
from leads.admin.display import badge, moment

TONES = {
    Severity.CRITICAL: "alarm",
    Severity.ERROR: "red",
    Severity.WARNING: "amber",
    Severity.INFO: "blue",
}


def shown(finding: Finding, *, now: datetime | None = None) -> dict[str, Any]:
    """For templates; no queries. `severity`: "critical", `tone`: of a badge, `step`: what staff
    should do."""
    severity = Severity(finding.severity)
    return {
        "pk": finding.pk,
        "severity": severity.word,
        "severity_label": severity_label(severity),
        "tone": TONES[severity],
        "title": title_of(finding.check_code),
        "sentence": sentence_of(finding),
        "step": step_of(finding.check_code),
        "url": reverse("admin:integrations_finding_change", args=[finding.pk]),
        "since": moment(finding.opened_at, now=now or timezone.now()),
    }


def severity_label(severity: Severity) -> str:
    return capfirst(str(severity.label))


def severity_badge(severity: int) -> SafeString:
    return badge(severity_label(Severity(severity)), TONES[Severity(severity)])


def notice(finding: Finding, *, now: datetime) -> dict[str, Any]:
    """What leads/finding/one.html shows; read with its export and who has acknowledged it.
    `about`: what is wrong, as far as it has a name: "mobile.de 7240118 · GB-10018"."""
    about = (finding.app, finding.vehicle_number or finding.vin)
    return {
        **shown(finding, now=now),
        "badge": severity_badge(finding.severity),
        "about": " · ".join(str(part) for part in about if part),
        "is_quiet": finding.is_quiet,
        "note": finding.note,
        "noted_by": finding.acknowledged_by or "",
        "noted_at": moment(finding.acknowledged_at, now=now) if finding.acknowledged_at else "",
    }
