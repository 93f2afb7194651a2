"""Bodies are read field by field as the library would, only without the fields nobody named."""

import pytest
from rest_framework import serializers

from leads.api.fields import FlagField, SparseSerializer, TextField


class Inner(SparseSerializer):
    city = TextField(5)


class Body(SparseSerializer):
    name = TextField(10, required=True)
    note = TextField(10, multiline=True)
    flag = FlagField()
    inner = Inner(required=False, allow_null=True)


class LibrarysBody(serializers.Serializer):
    name = TextField(10, required=True)
    note = TextField(10, multiline=True)
    flag = FlagField()
    inner = Inner(required=False, allow_null=True)


@pytest.mark.parametrize(
    "body",
    [
        {"name": "Jana"},
        {"name": " Jana\t Groß ", "note": " a\nb "},
        {"name": "", "flag": True},
        {"name": None},
        {"note": "ohne Namen"},
        {"name": "Jana", "note": None, "flag": None, "inner": None},
        {"name": "Jana", "inner": {}},
        {"name": "Jana", "inner": {"city": "Köln"}},
        {"name": "Jana", "inner": {"city": "Leipzig"}, "flag": "ja"},
        {"name": "elf Zeichen", "note": 7, "inner": []},
        {"name": "Jana", "note": "\x00\ud83d"},
        [],
        "Jana",
    ],
)
@pytest.mark.parametrize("partial", [False, True])
def test_a_body_is_read_as_the_library_reads_it(body, partial):
    ours, theirs = Body(data=body, partial=partial), LibrarysBody(data=body, partial=partial)

    assert ours.is_valid() == theirs.is_valid()
    assert ours.errors == theirs.errors
    if theirs.is_valid():
        assert ours.validated_data == theirs.validated_data
