"""What a web server calls. WSGI and not ASGI, because there Django would write a large body to disk before our own
upload handler could seal it."""

from __future__ import annotations

import gc
import os

from abeyance.site import lifeline

lifeline.end_with_parent()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "abeyance.site.settings")

from django.core.wsgi import get_wsgi_application  # noqa: E402 - Django reads its settings when it is imported
from django.urls import get_resolver  # noqa: E402

application = get_wsgi_application()
_ = get_resolver().url_patterns  # a room that cannot be imported stops the start, and not the first request
gc.collect()
gc.freeze()  # what is loaded stays: nobody's page waits while the collector walks through all of it
