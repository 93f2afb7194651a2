"""`manage.py rotate_encryption_keys`: encrypt stored secrets and messages with the newest key."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import ngettext
from tqdm import tqdm

from leads.services.key_rotation import rotate

UNREADABLE = 1


class Command(BaseCommand):
    help = (
        "Encrypts anew, with the first of FIELD_ENCRYPTION_KEYS, whatever was encrypted with one "
        "of the others; afterwards those can be dropped. May run while the office does, and again "
        "after it was stopped. Exit status: 0 done, 1 there are values that no key opens."
    )

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="count only")

    def handle(self, *, dry_run, **options):
        # disable=None: only where somebody is watching
        with tqdm(unit="", leave=False, disable=None) as bar:

            def tell(column, values):
                bar.set_description(column)
                bar.update(values)

            done = rotate(dry_run=dry_run, progress=tell)
        if dry_run:
            words = ngettext(
                "%(n)d value has an old key.", "%(n)d values have an old key.", done.renewed
            )
        else:
            words = ngettext(
                "%(n)d value encrypted anew.", "%(n)d values encrypted anew.", done.renewed
            )
        self.stdout.write(words % {"n": done.renewed})
        if done.unreadable:
            message = ngettext(
                "%(n)d value cannot be read with any of the keys. Keep all of them.",
                "%(n)d values cannot be read with any of the keys. Keep all of them.",
                done.unreadable,
            )
            raise CommandError(message % {"n": done.unreadable}, returncode=UNREADABLE)
