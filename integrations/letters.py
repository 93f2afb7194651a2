"""Mails → leads: which kind a mail is, and the parser of that kind. Asks neither database nor
clock nor network.

In this order, the first that fits: too large, from somebody who may not write here, written by a
machine in answer to us; a partner's own mail (sender and title, or subject and XML); a reply;
ADF; a form with lines; a circular; whatever is left is a lead that a person should check.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from django.conf import settings as django_settings
from django.utils import translation
from django.utils.translation import gettext as _

from integrations.adf import mapping as adf
from integrations.adf.schema import prospects_in
from integrations.answers import Answers
from integrations.bdk import mapping as bdk
from integrations.loose_xml import NotReadable
from integrations.mail import bdk_mails, calls, marketplaces, senders
from integrations.mail.envelope import Post, open_entry
from integrations.mail.fields import (
    add_attachments,
    add_further,
    contact_in,
    message_in,
    vehicle_in,
    wishes_in,
)
from integrations.mail.lines import Fields, fields_in
from integrations.mail.schema import Letter
from integrations.mail.senders import Verdict
from integrations.reading import Reader, column_of, fitting_id, whole_name
from leads.models.intake import IntakeEntry
from leads.models.lead import Lead
from leads.models.warning import WarningCode
from leads.services.drafts import ContactDraft, LeadDraft, VehicleDraft
from leads.services.intake import BelongsToLead, SetAside, Unusable
from leads.services.replies import Reply

# Of how a mail's kind is told, and of forms, free text and replies; the other parsers have their
# own. Raised whenever the same mail may become something else.
VERSION = 2

_LEAD_NUMBER = re.compile(r"\bL-[0-9]{4}-[0-9]{6,}\b")
_QUOTED_FROM = re.compile(r"^(?:Am|On)\b.{5,200}\b(?:schrieb|wrote)\b.{0,200}:\s*$", re.M)
_MAX_REPLY = 5000  # characters that the timeline shows
# Only some may know the outcome of a credit pre-check: it stays in the message as received.
TELLS_CREDITWORTHINESS = re.compile(r"kreditvoreinsch|precheck", re.I)


def parse(entry: IntakeEntry) -> LeadDraft:
    """A booked mail as a draft, in the language of the office; its entry says which parser in which
    version has read it. Raises Unusable: quarantined, SetAside or BelongsToLead."""
    with translation.override(django_settings.LANGUAGE_CODE):
        return _Reading(open_entry(entry), entry).draft()


def prospects_of(letter: Letter) -> list[str]:
    """The ADF prospects of a mail, wherever they stand; [] if there are none to be read."""
    texts = [one.text for one in letter.attachments if one.is_text]
    for text in [letter.text, *texts, letter.html, letter.comments]:
        try:
            if text and (found := prospects_in(text)):
                return found
        except NotReadable:
            continue
    return []


class _Reading:
    """One mail on its way to a draft."""

    def __init__(self, post: Post, entry: IntakeEntry) -> None:
        self.post, self.letter, self.entry = post, post.letter, entry
        self.settings = post.settings
        self.read, self.answers = Reader(), Answers()
        letter = self.letter
        self.verdict = senders.verdict(
            letter.checks, letter.sender, checked_by=self.settings.checked_by
        )

    def draft(self) -> LeadDraft:
        letter = self.letter
        self._read_by("mail", VERSION)
        if not self.post.is_released:
            self._check_door()
        if letter.is_auto_reply and not self.post.is_released:
            reason = _("Written by a machine (out of office, undeliverable …) and of no lead here.")
            raise BelongsToLead(reason, reply=self._reply(is_automatic=True))
        if bdk_mails.is_from_bdk(letter.sender):
            return self._of_bdk()
        if letter.sender in calls.SENDERS:
            return self._of_call()
        if self.post.is_released or not (letter.references or self._numbers()):
            return self._enquiry()
        try:
            instead = self._enquiry()
        except Unusable as error:
            raise BelongsToLead(str(error), reply=self._reply()) from error
        raise BelongsToLead("", reply=self._reply(), instead=instead)

    def _read_by(self, name: str, version: int) -> None:
        self.entry.parser = f"{name} {version}"

    def _check_door(self) -> None:
        if self.post.is_cut:
            raise Unusable(
                _("Larger than 10 MB: only its beginning was read, the mail lies in the mailbox.")
            )
        if not senders.is_allowed(self.letter.sender, self.settings.allowed):
            raise Unusable(_("Its sender is not among the allowed senders of the mailbox."))

    def _check_partner(self) -> None:
        """Who calls itself a partner must be one: the lead would be believed."""
        if not self._is_sender_believed():
            raise Unusable(_("It names a partner as sender, which SPF and DKIM do not confirm."))

    def _is_sender_believed(self) -> bool:
        """Without a server whose checks count, only a failure speaks against the sender."""
        if self.post.is_released:  # a person has looked
            return True
        if self.settings.checked_by:
            return self.verdict == Verdict.PASSED
        return self.verdict != Verdict.FAILED

    # Replies

    def _numbers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_LEAD_NUMBER.findall(self.letter.subject)))

    def _reply(self, *, is_automatic: bool = False) -> Reply:
        letter = self.letter
        numbers = self._numbers()
        if letter.is_bounce:  # the number stands in the subject of what came back
            numbers += tuple(_LEAD_NUMBER.findall(letter.text[:20_000]))
        is_person = senders.is_person(letter.sender, own=self.settings.addresses)
        return Reply(
            sender=self.entry.sender,
            message_ids=tuple(map(fitting_id, letter.references)),
            numbers=numbers,
            email=letter.sender if is_automatic and is_person else "",
            text=self._reply_text(is_automatic=is_automatic),
            is_automatic=is_automatic,
        )

    def _reply_text(self, *, is_automatic: bool) -> str:
        letter = self.letter
        who = letter.sender_name or letter.sender
        if letter.sender_name and letter.sender:
            who = f"{letter.sender_name} <{letter.sender}>"
        heads = [_("Answered by a machine") if is_automatic else "", who, _open(letter.subject)]
        names = ", ".join(one.name for one in letter.attachments)
        files = _("Attachments: %(names)s") % {"names": names} if names else ""
        parts = [" · ".join(filter(None, heads)), _open(_own_words(letter.text)), files]
        return "\n".join(filter(None, parts))[:_MAX_REPLY]

    # Enquiries

    def _enquiry(self) -> LeadDraft:
        if prospects := prospects_of(self.letter):
            return self._of_adf(prospects)
        fields = fields_in(self.letter.text)
        if fields.is_form:
            return self._of_form(fields)
        if self.letter.is_bulk and not self.post.is_released:
            raise SetAside(_("A circular, or written by a machine for many."))
        return self._of_unknown(fields)

    def _of_bdk(self) -> LeadDraft:
        letter = self.letter
        self._read_by("mail/bdk", bdk_mails.VERSION)
        self._check_partner()
        fields = fields_in(letter.text)
        lead_type = bdk_mails.type_of(letter.sender, letter.subject, letter.text)
        source = bdk_mails.source_of(letter.sender, lead_type)
        if not lead_type:
            return self._of_unknown(fields, source=source)
        draft = self._draft(fields, source=source, lead_type=lead_type, subject="")
        number = fields.known.get("external_id", "")
        if number and self.settings.partner_number and len(number) <= 64:
            # The API has the same lead, and more about it: known there, this adds nothing;
            # unknown, what the API brings later replaces it.
            sender = bdk.sender_of(self.settings.partner_number)
            return replace(draft, sender=sender, external_id=number, version=0)
        return draft

    def _of_call(self) -> LeadDraft:
        letter = self.letter
        self._read_by("mail/autoscout24", calls.VERSION)
        has_subject, has_xml = calls.is_call_subject(letter.subject), calls.has_xml(letter.comments)
        if not has_subject and not has_xml:
            if self.post.is_released:
                return self._of_unknown(fields_in(letter.text), source="autoscout24")
            raise SetAside(_("From AutoScout24, but no call: a saved search or news."))
        self._check_partner()
        try:
            call = calls.call_in(letter.subject, letter.comments)
        except NotReadable as error:
            if self.post.is_released:
                return self._of_unknown(fields_in(letter.text), source="autoscout24")
            raise Unusable(_("It looks like a call at AutoScout24 but cannot be read.")) from error
        for name, text in call.further.items():
            self.answers.add(name, text)
        values, text_of = call.values, self.read.text
        phone, mobile, _others = self.read.sorted_phones([values.get("phone")])
        draft = self._draft(
            Fields(),
            source="autoscout24",
            subject=_("Missed call") if call.is_missed else _("Call"),
            callback_wished=True if call.is_missed else None,
            contact=ContactDraft(phone=phone, mobile=mobile),
            vehicle=VehicleDraft(
                make=text_of(values.get("make"), column_of(Lead, "vehicle_name"))[:100],
                model=text_of(values.get("model"), column_of(Lead, "vehicle_name"))[:100],
                internal_number=values.get("internal_number", "")[:40],
                vin=values.get("vin", "")[:17].upper(),
                offer_number=values.get("offer_number", "")[:64],
            ),
            message="",
        )
        return replace(draft, enquired_at=draft.enquired_at or self._asked_at(values.get("at")))

    def _of_adf(self, prospects: Sequence[str]) -> LeadDraft:
        self._read_by("mail/adf", adf.VERSION)
        if len(prospects) > 1:  # the fetch has given each an entry of its own
            raise SetAside(
                _("It holds %(n)d ADF prospects; each has an entry of its own.")
                % {"n": len(prospects)}
            )
        message = adf.message_from(prospects[0])
        draft = adf.parse(
            IntakeEntry(
                sender=adf.sender_of(self.entry.sender),
                raw=message.raw,
                content_hash=hashlib.sha256(" ".join(message.raw.split()).encode()).hexdigest(),
                received_at=self.entry.received_at,
            )
        )
        return replace(
            draft,
            location=draft.location or self.settings.location,
            contact=self._without_portal(draft.contact),
            campaign=draft.campaign or self.settings.campaign,
            warnings=(*draft.warnings, *self._doubts()),
        )

    def _of_form(self, fields: Fields) -> LeadDraft:
        source = self._marketplace(fields) or self.settings.source or "website"
        return self._draft(fields, source=source)

    def _of_unknown(self, fields: Fields, *, source: str = "") -> LeadDraft:
        """A lead all the same: nobody who writes to the dealer is overlooked."""
        letter = self.letter
        self.read.warn(WarningCode.TO_CHECK)
        draft = self._draft(
            fields,
            source=self._marketplace(fields) or self.settings.source or source or "email",
            message=self.read.text(_open(letter.text), column_of(Lead, "message"), multiline=True),
        )
        contact = draft.contact
        address, name = self._writer()
        if contact.is_empty and address:
            whole = whole_name(name)
            contact = ContactDraft(
                salutation=whole.salutation,
                first_name=whole.first_name[:100],
                last_name=whole.last_name[:100],
                company=whole.company[:200],
                email=address,
            )
        if contact.is_empty and not letter.text and not letter.subject:
            raise Unusable(_("It says neither who is asking nor what for."))
        return replace(draft, contact=contact, tags=(_("to check"),))

    def _marketplace(self, fields: Fields) -> str:
        """The source that the mail names, by its line "Quelle" or its sender; "" if none."""
        said = marketplaces.source_called(fields.known.get("source", ""))
        if said or not self._is_sender_believed():
            return said
        return marketplaces.source_of_sender(self.letter.sender)

    def _writer(self) -> tuple[str, str]:
        """(address, name) of the person who wrote; ("", "") if only a portal is named."""
        letter, own = self.letter, self.settings.addresses
        for address, name in (
            (letter.reply_to, letter.reply_to_name),
            (letter.sender, letter.sender_name),
        ):
            if senders.is_person(address, own=own):
                return address, "" if "@" in name else name
        return "", ""

    def _draft(self, fields: Fields, **values: Any) -> LeadDraft:
        letter, read = self.letter, self.read
        add_further(fields.without(TELLS_CREDITWORTHINESS), self.answers)
        add_attachments([(one.name, one.size) for one in letter.attachments], self.answers)
        if letter.reply_to and not senders.is_person(letter.reply_to, own=self.settings.addresses):
            self.answers.add(_("Address for answers"), letter.reply_to)
        text = partial(read.text, column=column_of(Lead, "subject"))
        said = {
            "contact": self._without_portal(contact_in(fields, read)),
            "vehicle": vehicle_in(fields, read),
            "subject": text(_open(fields.known.get("subject") or letter.subject)),
            "message": _open(message_in(fields, read)),
            **wishes_in(fields, read),
        }
        said["campaign"] = said["campaign"] or self.settings.campaign
        return LeadDraft(
            sender=self.entry.sender,
            external_id=fitting_id(letter.message_id or letter.fingerprint),
            content_hash=letter.fingerprint,
            location=self.settings.location,
            enquired_at=self._asked_at(letter.sent_at),
            custom_values=self.answers.as_dict(),
            warnings=(*dict.fromkeys(read.warnings), *self._doubts()),
            **{**said, **values},
        )

    def _asked_at(self, value: Any) -> Any:
        text = value.isoformat() if hasattr(value, "isoformat") else value
        return self.read.asked_at(text, self.entry.received_at)

    def _without_portal(self, contact: ContactDraft) -> ContactDraft:
        """A portal's address or our own is nobody's: it would make one person of many."""
        email = contact.email.lower()
        if not email or senders.is_person(email, own=self.settings.addresses):
            return contact
        self.answers.add(_("Address for answers"), contact.email)
        return replace(contact, email="")

    def _doubts(self) -> Sequence[Any]:
        if self.verdict != Verdict.FAILED:
            return ()
        doubt = Reader()
        doubt.warn(WarningCode.SENDER_UNCONFIRMED)
        return doubt.warnings


def _open(text: str) -> str:
    """What everybody who sees the lead may read."""
    if not TELLS_CREDITWORTHINESS.search(text):
        return text
    return _("About a credit pre-check; to be read in the intake ledger.")


def _own_words(text: str) -> str:
    """A reply without what it quotes, as far as that is plain."""
    match = _QUOTED_FROM.search(text)
    kept = text[: match.start()] if match else text
    lines = [line for line in kept.splitlines() if not line.startswith(">")]
    return "\n".join(lines).strip() or text.strip()
