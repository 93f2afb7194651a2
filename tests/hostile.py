"""What no honest program sends: bodies, values, numbers of rows, parameters of addresses."""

import json
from base64 import urlsafe_b64encode

MEGABYTE = 1024 * 1024


def _nested(opening, closing, depth):
    return opening * depth + b"1" + closing * depth


# Bodies that are refused wherever JSON is read; "subject" stands for any field.
JSON_BODIES = {
    "deep objects": _nested(b'{"subject":', b"}", 50_000),
    "deep lists": b'{"subject":' + _nested(b"[", b"]", 100_000) + b"}",
    "21 levels": _nested(b'{"subject":', b"}", 21),
    "NUL": b'{"subject": "Golf\x00"}',
    "NUL, escaped": b'{"subject": "Golf\\u0000"}',
    "NUL in a name": b'{"sub\\u0000ject": "Golf"}',
    "half a surrogate pair": b'{"subject": "\\ud83d"}',
    "half a surrogate pair in a name": b'{"\\ude97": "Golf"}',
    "half a surrogate pair in UTF-8": b'{"subject": "\xed\xa0\xbd"}',
    "infinite number": b'{"subject": 1e999}',
    "NaN": b'{"subject": NaN}',
    "thousands of digits": b'{"subject": ' + b"9" * 5000 + b"}",
    "a name twice": b'{"subject": "Golf", "subject": "Polo"}',
    "a name twice, once escaped": b'{"subject": "Golf", "\\u0073ubject": "Polo"}',
    "a list": b'[{"subject": "Golf"}]',
    "a text": b'"Golf"',
    "a number": b"1",
    "null": b"null",
    "blanks": b" \r\n",
    "two objects": b'{"subject": "Golf"}{"subject": "Polo"}',
    "broken off": b'{"subject": "Golf"',
    "broken off in a letter": '{"subject": "Größe'.encode()[:-3],
    "Latin-1": '{"subject": "Größe"}'.encode("latin-1"),
    "UTF-16": '{"subject": "Größe"}'.encode("utf-16"),
    "a byte order mark": '{"subject": "Größe"}'.encode("utf-8-sig"),
    "XML": b"<?xml version='1.0'?><adf/>",
    "a form": b"subject=Golf",
}
XML_BODIES = {
    "entities": (
        b'<!DOCTYPE adf [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;">]><adf><prospect>&b;'
        b"</prospect></adf>"
    ),
    "a file": b'<!DOCTYPE adf [<!ENTITY f SYSTEM "file:///etc/passwd">]><adf>&f;</adf>',
    "deep": _nested(b"<adf>", b"</adf>", 50_000),
    "broken off": b"<adf><prospect><customer>",
    "no XML": b'{"subject": "Golf"}',
    "nothing": b" ",
    "NUL": b"\x00" * 100,
    "no UTF-8": b"<adf>\xff\xfe\xfa</adf>",
    "another root": b"<html><body>502</body></html>",
}
# In the place of any value of a body.
VALUES = [
    None,
    True,
    -1,
    2**63,
    10**30,
    1e300,
    "",
    "\u202e\ufeff\U000e0001",
    "x" * 25_000,
    [],
    [[None]],
    {},
    {"": {"": []}},
]
# In the place of a row's number in an address.
IDS = ["0", str(2**63), str(2**64), "9" * 400, "-1", "1.5", "1e3", "%00", "1%00", "%D9%A3", "x"]
# In the place of any parameter, percent-encoded.
PARAMETERS = [
    "",
    "%00",
    "a%00b",
    "%ED%A0%80",
    "%FF",
    "x" * 5000,
    "-1",
    "9" * 400,
    "1e999",
    "0001-01-01T00:00:00%2B23:59",
    "9999-12-31T23:59:59-23:59",
    "'%20OR%201=1%20--",
    "1&{name}=2",
]
# What a cursor says once its letters are read: side, order, value, row.
_CURSORS = [
    "n {order} 2026-03-02T09:15:00+00:00 9999999999999999999",
    "n {order} 2026-03-02T09:15:00+00:00 -9999999999999999",
    "n {order} 2026-03-02T09:15:00+00:00 1_0",
    "p {order} 0001-01-01T00:00:00+23:59 1",
    "n {order} 9999-12-31T23:59:59-23:59 1",
    "n {order} 2026-03-02T09:15:00 1",
    "n {order} 999999999 1",
    "n {order} -99999999 1",
    "n {order} \x00 1",
    "n password 1 1",
    "x {order} 1 1",
    "n",
    "",
]


def cursors(order):
    """Forged cursors of a list in this order."""
    texts = [text.format(order=order).encode() for text in _CURSORS]
    return [urlsafe_b64encode(text).decode().rstrip("=") for text in texts] + ["A", "===", "ä"]


def too_large(megabytes):
    return b'{"subject": "' + b"x" * megabytes * MEGABYTE + b'"}'


def altered(node, values=VALUES):
    """The JSON value again and again, each time with another value in another place."""
    if isinstance(node, dict):
        for name in node:
            for inner in altered(node[name], values):
                yield {**node, name: inner}
    elif isinstance(node, list):
        for place, _item in enumerate(node):
            for inner in altered(node[place], values):
                yield [*node[:place], inner, *node[place + 1 :]]
    yield from values


def as_json(value):
    return json.dumps(value).encode()
