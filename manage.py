#!/usr/bin/env python
"""Run a management command of LeadOffice."""

import os
import sys

from django.core.management import execute_from_command_line
from django.core.management.utils import get_random_secret_key

from leadoffice.garbage import collect_rarely


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadoffice.settings")
    if sys.argv[1:2] == ["test"]:
        # Only the tests may run without a key of their own; everything else must be given one.
        os.environ.setdefault("SECRET_KEY", get_random_secret_key())
    collect_rarely()  # for the worker above all
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
