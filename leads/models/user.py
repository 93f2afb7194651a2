"""People who sign in."""

from __future__ import annotations

from functools import cached_property

from django.contrib.auth.models import AbstractUser
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from leads.models.dealer import Dealer, Membership


class User(AbstractUser):
    """A person; what they may do comes from their memberships (leads/access.py)."""

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["last_name", "first_name", "username"]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @cached_property
    def active_memberships(self) -> list[Membership]:
        """Read once per request: the user object lives no longer than that."""
        return list(
            self.memberships.filter(is_active=True, dealer__is_active=True)
            .select_related("dealer")
            .prefetch_related("locations")
        )

    def dealer_ids(self) -> list[int]:
        return [membership.dealer_id for membership in self.active_memberships]

    def sees_all_of(self, dealer_id: int) -> bool:
        """Whether no location of this dealer is hidden from them; the operator sees all."""
        here = (one for one in self.active_memberships if one.dealer_id == dealer_id)
        return self.is_superuser or any(one.is_for_all_locations() for one in here)

    def dealer_ids_seen_in_part(self) -> list[int]:
        """The dealers of whose locations they see some only."""
        return [pk for pk in self.dealer_ids() if not self.sees_all_of(pk)]

    def dealers(self) -> QuerySet[Dealer]:
        """The dealers this user works for; the operator works for all."""
        if self.is_superuser:
            return Dealer.objects.filter(is_active=True)
        return Dealer.objects.filter(pk__in=self.dealer_ids())
