"""Fields under their English and German names."""

from rest_framework import serializers

from leads.api.field_names import FIELD_NAMES, MAX_ERRORS, Renaming
from leads.api.serializers import LeadCreateSerializer


def codes(renaming):
    return {path: detail.code for path, [detail] in renaming.errors.items()}


def test_german_names_become_english_ones():
    renaming = Renaming(
        {
            "titel": "Golf",
            "kontakt": {"telefon": "030", "name": "Erika"},
            "einwilligungen": [{"zweck": "post", "erteilt": True}],
        }
    )

    assert renaming.errors == {}
    assert renaming.body == {
        "subject": "Golf",
        "contact": {"phone": "030", "name": "Erika"},
        "consents": [{"purpose": "post", "granted": True}],
    }


def test_a_word_may_mean_something_else_in_another_object():
    renaming = Renaming({"titel": "Golf", "kontakt": {"titel": "Dr."}})

    assert renaming.body == {"subject": "Golf", "contact": {"title": "Dr."}}


def test_unknown_names_are_told_with_their_path():
    renaming = Renaming({"farbe": 1, "contact": {"fax": 2}, "consents": [{}, {"x": 3}]})

    assert codes(renaming) == {
        "farbe": "unknown_field",
        "contact.fax": "unknown_field",
        "consents.1.x": "unknown_field",
    }


def test_a_misspelt_name_is_answered_with_the_right_one():
    [detail] = Renaming({"wahrscheinlichket": 60}).errors["wahrscheinlichket"]

    assert "wahrscheinlichkeit" in detail


def test_a_field_under_both_names_is_an_error():
    renaming = Renaming({"subject": "Golf", "titel": "Polo", "contact": {"email": "a"}})

    assert codes(renaming) == {"titel": "field_given_twice"}


def test_paths_are_spelled_as_the_client_did():
    renaming = Renaming({"kontakt": {"email": 1}, "consents": [{"zweck": 1}], "tags": [1]})

    assert renaming.spell("contact.email") == "kontakt.email"
    assert renaming.spell("consents.0.purpose") == "consents.0.zweck"
    assert renaming.spell("tags.0") == "tags.0"
    assert renaming.spell("contact.non_field_errors") == "kontakt.non_field_errors"
    assert renaming.spell("non_field_errors") == "non_field_errors"


def test_values_with_names_of_their_own_stay_as_they_are():
    renaming = Renaming({"weitere_werte": {"titel": "Baron"}})

    assert renaming.body == {"custom_values": {"titel": "Baron"}}


def test_thousands_of_unknown_names_cost_no_more_than_a_few():
    renaming = Renaming({f"name {n}": n for n in range(50_000)})

    assert len(renaming.errors) == MAX_ERRORS


def test_a_wrong_type_is_left_for_the_fields_to_refuse():
    assert Renaming({"contact": 5, "consents": "x"}).body == {"contact": 5, "consents": "x"}


def test_the_table_names_exactly_the_fields_there_are():
    found = {"": set(LeadCreateSerializer().fields)}
    for name, field in LeadCreateSerializer().fields.items():
        inner = getattr(field, "child", field)
        if isinstance(inner, serializers.Serializer):
            found[name] = set(inner.fields)

    assert {table: set(names) for table, names in FIELD_NAMES.items()} == found


def test_no_german_name_means_two_fields_of_one_object():
    for names in FIELD_NAMES.values():
        german = list(names.values())
        assert len(set(german)) == len(german)
        for english, own in names.items():
            assert own == english or own not in names
