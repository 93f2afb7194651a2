"""Why a file that a command's caller names cannot be read or written."""

from django.utils.translation import gettext as _


def reason_of(error: OSError) -> str:
    """In the language of the office; what is rare, as the system says it."""
    match error:
        case FileNotFoundError():
            return _("There is no such file or folder.")
        case PermissionError():
            return _("Access is denied.")
        case IsADirectoryError():
            return _("It is a folder.")
        case NotADirectoryError():
            return _("A part of the path is no folder.")
    return error.strerror or str(error)
