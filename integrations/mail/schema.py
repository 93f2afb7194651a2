"""A mail as bytes → what we read of it. What is broken in it is read as far as it goes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message as Mime
from email.utils import getaddresses, parseaddr, parsedate_to_datetime
from typing import Self

from integrations.loose_xml import text_from
from integrations.mail.html_text import read_html
from leads.models.keys import clean_text, email_key

MAX_PARTS = 200
MAX_TEXT = 1_000_000  # characters
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,500}>")
_BEGINS_LIKE_XML = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\x00]{0,100}<")
_MAX_REFERENCES = 50
_MAX_HEAD = 128 * 1024  # bytes of all headers together
_MAX_HEADER = 4000  # characters of one
_MAX_SAME = 20  # headers of one name
_MAX_BOUNDARIES = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment:
    name: str
    size: int  # bytes
    is_text: bool = False
    text: str = ""  # of XML, however it is declared, and of plain text


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """What we read of a mail; "" and empty mean that nothing was said. Addresses in lower case.

    `text` is the plain text, or that of the HTML; `comments` are those of the HTML.
    `references` are the Message-IDs that it answers to, also those within a returned mail.
    """

    message_id: str = ""
    references: tuple[str, ...] = ()
    subject: str = ""
    sender: str = ""
    sender_name: str = ""
    reply_to: str = ""
    reply_to_name: str = ""
    sent_at: datetime | None = None
    text: str = ""
    html: str = ""
    comments: str = ""
    attachments: tuple[Attachment, ...] = ()
    is_auto_reply: bool = False  # RFC 3834, out of office, bounce: never an enquiry
    is_bulk: bool = False  # made by a machine for many
    is_bounce: bool = False
    checks: tuple[str, ...] = ()  # Authentication-Results, the nearest server's first

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        mime = _mime(raw)
        parts = list(_parts(mime))
        name, sender = _address(mime, "From")
        reply_name, reply_to = _address(mime, "Reply-To")
        html = "\n".join(text for kind, text in _texts(parts) if kind == "html")[:MAX_TEXT]
        read, comments = read_html(html)
        plain = "\n".join(text for kind, text in _texts(parts) if kind == "plain")[:MAX_TEXT]
        return cls(
            message_id=next(iter(_ids(mime, "Message-ID")), ""),
            references=tuple(dict.fromkeys(_references(parts)))[:_MAX_REFERENCES],
            subject=_header(mime, "Subject")[:500],
            sender=sender,
            sender_name=name,
            reply_to=reply_to,
            reply_to_name=reply_name,
            sent_at=_moment(mime),
            text=clean_text(plain if plain.strip() else read, multiline=True),
            html=html,
            comments=comments,
            attachments=tuple(_attachments(parts)),
            is_auto_reply=_is_auto_reply(mime),
            is_bulk=_is_bulk(mime),
            is_bounce=_is_bounce(mime),
            checks=tuple(_header(mime, "Authentication-Results", every=True).split("\n")),
        )

    @property
    def fingerprint(self) -> str:
        """The same however often and by whatever way this mail is delivered."""
        said = [self.sender, self.subject, str(self.sent_at), self.text, self.html]
        said += [f"{one.name} {one.size}" for one in self.attachments]
        return hashlib.sha256("\0".join(said).encode("utf-8", "replace")).hexdigest()


def _mime(raw: bytes) -> Mime:
    """The library takes minutes for what nobody sends who means well: endless headers, thousands
    of parts. Of those the beginning is read."""
    end = raw.find(b"\n\n"), raw.find(b"\r\n\r\n")
    head = min((one for one in end if one >= 0), default=len(raw))
    tamed = raw[: min(head, _MAX_HEAD)] + raw[head:]
    place = 0
    for _part in range(_MAX_BOUNDARIES):
        place = tamed.find(b"\n--", place) + 1
        if place == 0:
            break
    else:
        tamed = tamed[:place]
    try:
        return message_from_bytes(tamed, policy=policy.compat32)
    except RecursionError:  # nested thousands of times
        return message_from_bytes(tamed[:head], policy=policy.compat32)


def _shorten_headers(part: Mime) -> None:
    """What the library takes apart with more than linear time."""
    for name in ("Content-Type", "Content-Disposition", "Content-Transfer-Encoding"):
        value = part.get(name)
        if value is not None and len(str(value)) > _MAX_HEADER:
            part.replace_header(name, str(value)[:_MAX_HEADER])


def _parts(mime: Mime) -> Iterator[Mime]:
    """All parts, but not without end; what is nested too deep to be walked is left out."""
    waiting = [mime]
    for _count in range(MAX_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        _shorten_headers(part)
        yield part
        inner = part.get_payload()
        if part.is_multipart() and isinstance(inner, list):
            waiting[:0] = [one for one in inner if isinstance(one, Mime)][:MAX_PARTS]


def _texts(parts: list[Mime]) -> Iterator[tuple[str, str]]:
    for part in parts:
        if part.get_content_maintype() == "text" and not part.get_filename():
            kind = "html" if part.get_content_subtype() == "html" else "plain"
            yield kind, _content(part)


def _content(part: Mime) -> str:
    body = part.get_payload(decode=True)
    if not isinstance(body, bytes):
        return ""
    charset = part.get_content_charset() or ""
    try:
        text = body.decode(charset) if charset not in ("", "us-ascii") else text_from(body)
    except (LookupError, ValueError):
        text = text_from(body)
    return text.replace("\x00", "")[:MAX_TEXT]


def _attachments(parts: list[Mime]) -> Iterator[Attachment]:
    for part in parts:
        name = part.get_filename()
        is_other = part.get_content_maintype() not in ("text", "multipart", "message")
        if not (name or is_other):
            continue
        body = part.get_payload(decode=True)
        is_text = part.get_content_type().endswith(("xml", "text/plain")) or _looks_like_xml(body)
        yield Attachment(
            name=clean_text(_decoded(str(name or part.get_content_type())))[:200],
            size=len(body) if isinstance(body, bytes) else 0,
            is_text=is_text,
            text=_content(part) if is_text else "",
        )


def _looks_like_xml(body: object) -> bool:
    """Mail programs send XML as "application/octet-stream", and under any name."""
    return isinstance(body, bytes) and _BEGINS_LIKE_XML.match(body) is not None


# --- headers ---------------------------------------------------------------------------------


def _decoded(text: str) -> str:
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError):
        return text


def _header(mime: Mime, name: str, *, every: bool = False) -> str:
    """One line, decoded; with `every` a line for each such header."""
    values = [str(one)[:_MAX_HEADER] for one in (mime.get_all(name) or [])[:_MAX_SAME]]
    lines = [clean_text(_decoded(one).replace("\n", " ")) for one in values]
    return "\n".join(lines) if every else next(iter(lines), "")


def _address(mime: Mime, name: str) -> tuple[str, str]:
    """(name, address) of the first address; the address is "" if it is none."""
    try:
        found = getaddresses([_header(mime, name)])
    except RecursionError:  # brackets within brackets
        found = []
    display, address = found[0] if found else ("", "")
    return clean_text(display)[:200], email_key(address)


def _ids(mime: Mime, name: str) -> list[str]:
    values = (str(one)[: 4 * _MAX_HEADER] for one in (mime.get_all(name) or [])[:_MAX_SAME])
    return [one for value in values for one in _MESSAGE_ID.findall(clean_text(value))]


def _references(parts: list[Mime]) -> Iterator[str]:
    top, *inner = parts
    yield from _ids(top, "In-Reply-To")
    yield from reversed(_ids(top, "References"))
    for part in inner:  # a mail that came back, or its headers
        yield from _ids(part, "Message-ID")
        yield from reversed(_ids(part, "References"))
        if part.get_content_type() == "text/rfc822-headers":
            yield from _MESSAGE_ID.findall(clean_text(_content(part)))


def _moment(mime: Mime) -> datetime | None:
    try:
        moment = parsedate_to_datetime(str(mime.get("Date") or "")[:200])
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _word(mime: Mime, name: str) -> str:
    return _header(mime, name).partition(";")[0].strip().lower()


def _is_bounce(mime: Mime) -> bool:
    if mime.get_content_type() == "multipart/report":
        return True
    returns = mime.get("Return-Path")
    return returns is not None and parseaddr(str(returns)[:_MAX_HEADER])[1] == ""


def _is_auto_reply(mime: Mime) -> bool:
    return (
        _is_bounce(mime)
        or _word(mime, "Auto-Submitted") in ("auto-replied", "auto-notified")
        or _word(mime, "Precedence") == "auto_reply"
        or bool(_header(mime, "X-Autoreply") or _header(mime, "X-Autorespond"))
    )


def _is_bulk(mime: Mime) -> bool:
    return (
        _word(mime, "Auto-Submitted") not in ("", "no")
        or _word(mime, "Precedence") in ("bulk", "junk", "list")
        or mime.get("List-Id") is not None
    )
