"""Make the tables of the yardstick; prints TOKEN DEALER STATUS SOURCE, which requests need."""

import os

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.stock.settings"


def main() -> None:
    django.setup()
    from django.contrib.auth.models import User
    from rest_framework.authtoken.models import Token

    from benchmarks.stock.models import Dealer, Source, Status

    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {settings.SCHEMA}")
    call_command("migrate", "--run-syncdb", verbosity=0)
    user, _ = User.objects.get_or_create(username="benchmark")
    token, _ = Token.objects.get_or_create(user=user)
    rows = [model.objects.create(name="Website").pk for model in (Dealer, Status, Source)]
    print(token.key, *rows)


if __name__ == "__main__":
    main()
