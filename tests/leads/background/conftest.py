import pytest

from tests.leads.background.processes import Workers


@pytest.fixture
def workers(tmp_path):
    workers = Workers(tmp_path)
    yield workers
    workers.end()
