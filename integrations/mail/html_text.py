"""The text of an HTML mail, and what stands in its comments. Nothing of it is ever rendered."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_MAX_TAGS = 50_000
_LONGEST = 100_000  # characters from one tag to the next
_TAG = re.compile(r"<[^<>]*>")
_BLOCKS = {"p", "div", "br", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "hr", "dt"}
_UNSEEN = {"script", "style", "head", "title", "template"}
_CELLS = {"td", "th", "dd"}


def read_html(html: str) -> tuple[str, str]:
    """(text, comments). Cells of a row stand on one line, a colon after the first that has none."""
    parser = _Text()
    parser.feed(_tamed(html))
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.parts).splitlines())
    return "\n".join(line for line in lines if line), "\n".join(parser.comments)


def _tamed(html: str) -> str:
    """Without what the parser would look for the end of again and again: comments and tags that
    have none, and more of either than any mail has."""
    begin = html.find("<!--", html.rfind("-->") + 1)
    html = html[:begin] if begin >= 0 else html
    end = html.rfind(">") + 1
    html = html[:end] + html[end:].replace("<", " ")
    if html.count("<") > _MAX_TAGS or len(max(html.split(">"), key=len)) > _LONGEST:
        return _TAG.sub(" ", html).replace("<", " ")
    return html


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.comments: list[str] = []
        self._unseen = 0
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _BLOCKS:
            self.parts.append("\n")
            self._cells = 0
        elif tag in _CELLS:
            self._cells += 1
            before = "".join(self.parts[-3:]).rstrip()
            self.parts.append(": " if self._cells == 2 and not before.endswith(":") else " ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data.replace("\n", " "))

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)
