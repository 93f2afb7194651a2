"""What is uploaded is kept only as far as anybody may send."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler


class CappedUpload(FileUploadHandler):
    """Before the handlers that keep something, which take whatever comes, also from people who are
    not signed in. All files of a request together: what is beyond the limit is read and dropped, so
    that the form still sees a file that is too large, and says so."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if self._kept > settings.IMPORT_MAX_BYTES:
            return None
        self._kept += len(raw_data)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The others have the file."""
