"""The fixtures of the office's other pages."""

from tests.leads.admin.conftest import browse, office

__all__ = ["browse", "office"]
