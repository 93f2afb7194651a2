"""The exports of the demo's dealer, checked once: an interface is locked, a car refused, a source
silent. The simulator gives the same answers, so that the next check finds the same."""

from __future__ import annotations

from datetime import datetime

from integrations.automanager.source import AnswerFile
from integrations.automanager.sync import Question, check_exports
from integrations.models import Connection
from integrations.simulator.automanager import answers_as_of
from leads.management.demo.office import EXPORTS_NAME, Office


def check_exports_once(office: Office, *, now: datetime) -> None:
    connection = Connection.objects.for_dealer(office.dealer).get(name=EXPORTS_NAME)
    check_exports(connection, Question(), now=now, source=AnswerFile(answers_as_of(now)))
