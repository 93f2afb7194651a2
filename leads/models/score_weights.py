"""The weights of the score, as a page of their own in the admin."""

from django.utils.translation import gettext_lazy as _

from leads.models.dealer import Dealer


class ScoreWeights(Dealer):
    """A dealer seen as the one who weighs the score: with other rights than the rest of it."""

    class Meta:
        proxy = True
        verbose_name = _("scoring")
        verbose_name_plural = _("scoring")
        ordering = ["name"]
