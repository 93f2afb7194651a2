"""The office as a WSGI application, for any server: `leadoffice.wsgi`."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadoffice.settings")

application = get_wsgi_application()

# What is loaded by now stays: the garbage collector need not look through it with every request,
# nor after every few hundred objects.
gc.freeze()
gc.set_threshold(10_000, 20, 20)
