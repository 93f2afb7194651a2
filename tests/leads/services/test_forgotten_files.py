"""Files that no row names go, once they are old enough that none will."""

import os
from datetime import timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.utils import timezone

from leads.services.forgotten_files import delete_forgotten


class Shared(FileSystemStorage):
    """Another worker deletes one file between our look at the names and our look at the file."""

    def get_modified_time(self, name):
        if name == "taken":
            self.delete(name)
        return super().get_modified_time(name)


def test_old_files_without_a_row_go_whoever_else_deletes_some(tmp_path):
    storage, now = Shared(tmp_path), timezone.now()
    for name, age in [("known", 3), ("old", 3), ("taken", 3), ("young", 0)]:
        storage.save(name, ContentFile(b"x"))
        at = (now - timedelta(days=age)).timestamp()
        os.utime(tmp_path / name, (at, at))

    deleted = delete_forgotten(storage, known={"known"}, stored_before=now - timedelta(days=1))

    assert deleted == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["known", "young"]


def test_nothing_was_ever_stored(tmp_path):
    storage = FileSystemStorage(tmp_path / "none")

    assert delete_forgotten(storage, stored_before=timezone.now()) == 0
