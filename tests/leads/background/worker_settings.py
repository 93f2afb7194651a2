"""Settings of the worker processes in tests: they make only the rounds that a test wants."""

import os

from leadoffice.settings import *  # noqa: F403

ROUNDS = dict.fromkeys(os.environ.get("ROUNDS", "").split(), 1)
