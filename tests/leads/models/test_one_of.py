"""`__one_of` finds what `__in` finds."""

import pytest

from leads.models import Customer
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "wanted", [[], ["Groß"], {"Groß", "O'Neill"}, ['"', "{", "a,b", "100 %"], ["Weiß", "fehlt"]]
)
def test_it_finds_what_in_finds(wanted):
    dealer = builders.make_dealer()
    names = ("Groß", "O'Neill", "Weiß", '"', "{", "a,b", "100 %", "")
    Customer.objects.bulk_create([Customer(dealer=dealer, last_name=name) for name in names])

    found = Customer.objects.for_dealer(dealer).filter(last_name__one_of=wanted)

    assert {customer.last_name for customer in found} == set(wanted) & set(names)
    with_in = Customer.objects.for_dealer(dealer).filter(last_name__in=wanted)
    assert set(found) == set(with_in)
