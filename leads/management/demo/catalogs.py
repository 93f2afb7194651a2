"""The catalogue entries that the migrations put into every office, by key."""

from __future__ import annotations

from dataclasses import dataclass

from leads.models import Category, CloseReason, LeadType, Source, Stage, Status


@dataclass(frozen=True)
class Catalogs:
    sources: dict[str, Source]
    statuses: dict[str, Status]
    categories: dict[str, Category]
    close_reasons: dict[str, CloseReason]
    lead_types: dict[str, LeadType]

    @classmethod
    def read(cls) -> Catalogs:
        """Only the entries for all dealers; the demo's own ones have no keys of theirs."""
        return cls(
            sources={one.key: one for one in Source.objects.filter(dealer=None)},
            statuses={one.key: one for one in Status.objects.filter(dealer=None)},
            categories={one.key: one for one in Category.objects.filter(dealer=None)},
            close_reasons={one.key: one for one in CloseReason.objects.filter(dealer=None)},
            lead_types={one.key: one for one in LeadType.objects.filter(dealer=None)},
        )

    def status(self, stage: Stage) -> Status:
        return self.statuses[stage.value]
