"""The office as a WSGI application, for any server: `leadoffice.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

from leadoffice.garbage import collect_rarely

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadoffice.settings")

application = get_wsgi_application()
collect_rarely()
