"""XML from senders who take liberties with it, read without its dangers.

What is not XML is put right before a parser sees it. There is no DTD, no entity and no network;
the depth is limited, and so must be the size of the text.
"""

from __future__ import annotations

import codecs
import html
import re
from html.entities import html5
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser
from django.utils.translation import gettext as _

MAX_DEPTH = 30

_DECLARED = re.compile(rb'<\?xml[^>]{0,200}encoding\s*=\s*["\']([A-Za-z0-9._-]{1,40})["\']', re.I)
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_DECLARES_ENTITIES = re.compile(r"<!ENTITY\b", re.I)
# Put into documents by mail programs.
_LINE_BREAK = re.compile(r"<br\s{0,5}/?>", re.I)
# A CDATA section stays as it is, one without end too; elsewhere an ampersand may begin anything.
_AMPERSAND = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?:#([0-9]{1,9}|[xX][0-9a-fA-F]{1,8});|(\w{1,40});)?", re.S
)
_XML_NAMES = ("amp", "lt", "gt", "quot", "apos")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class NotReadable(ValueError):
    """The text is a sentence for people, translated, without personal data."""


def text_from(body: bytes) -> str:
    """The characters of a body. UTF-8 is believed before what it declares: other encodings
    hardly ever look like it by chance."""
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if body.startswith(mark):
            return body.decode(encoding, errors="replace")
    declared = _DECLARED.search(body[:2000])
    for encoding in ("utf-8", declared[1].decode() if declared else "cp1252", "cp1252"):
        try:
            return body.decode(encoding)
        except (LookupError, ValueError):
            continue
    return body.decode("latin-1")


def check_entities(text: str) -> None:
    """Raises NotReadable if a document declares entities: nobody who means well does."""
    if _DECLARES_ENTITIES.search(text):
        raise NotReadable(_("It declares entities of its own, which are not read."))


def element_of(text: str) -> Element:
    """The element that the text is; names of elements and attributes are in lower case and
    without a namespace. Raises NotReadable."""
    parser = DefusedXMLParser(
        target=_Shallow(), forbid_dtd=True, forbid_entities=True, forbid_external=True
    )
    text = _LINE_BREAK.sub("\n", _NOT_XML.sub("", text))
    try:
        parser.feed(_AMPERSAND.sub(_put_right, text))
        element: Element = parser.close()
    except NotReadable:
        raise
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise NotReadable(_("This is not well-formed XML.")) from error
    return element


class _Shallow(TreeBuilder):
    """Builds elements, but not without end."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise NotReadable(_("It is nested deeper than %(n)d levels.") % {"n": MAX_DEPTH})
        folded = {_folded(name): value for name, value in attrs.items()}
        return super().start(_folded(tag), folded)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(_folded(tag))


def _folded(name: str) -> str:
    return name.rpartition("}")[2].lower()


def _put_right(match: re.Match[str]) -> str:
    """Text in which every ampersand means what XML says it means."""
    whole, number, name = match[0], match[1], match[2]
    if whole.startswith("<"):
        return whole
    if number:
        point = int(number[1:], 16) if number[0] in "xX" else int(number)
        is_character = 0 < point <= 0x10FFFF and not _NOT_XML.match(chr(point))
        return html.escape(chr(point)) if is_character else ""
    if name in _XML_NAMES:
        return whole
    return html.escape(html5.get(f"{name};", whole)) if name else "&amp;"
