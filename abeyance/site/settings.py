"""Django's settings, made from the options. Importing this writes nothing and starts nothing.

One installation is two sites and more processes (`ABEYANCE_PROCESS`): each has a database role, and desk and portal
have secrets and cookies of their own, so that nothing given to one is good at the other.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from abeyance.errors import BadInput
from abeyance.site import databases, home, options

ABEYANCE: options.Options = options.load(os.environ)
ABEYANCE_HOME: Path = options.home_of(os.environ)
PROCESS = os.environ.get("ABEYANCE_PROCESS", "desk")
if PROCESS not in home.PROCESSES:
    raise BadInput(f"ABEYANCE_PROCESS must be one of {', '.join(home.PROCESSES)}.")

_home = home.Home(ABEYANCE_HOME)
_is_portal = PROCESS == "portal"

DEBUG = False
# Without a home yet there is nothing to protect, and a secret of the moment does.
SECRET_KEY = _home.secret("portal-secret" if _is_portal else "desk-secret") or secrets.token_urlsafe(48)

ROOMS = (
    "fence",
    "seals",
    "ledger",
    "outbox",
    "people",
    "policy",
    "casefile",
    "pauses",
    "services",
    "patterns",
    "intake",
    "verification",
    "review",
    "answer",
    "release",
    "notice",
    "reporting",
)
INSTALLED_APPS = [f"abeyance.{room}" for room in ROOMS if (home.PACKAGE / room / "apps.py").exists()]
INSTALLED_APPS += ["procrastinate.contrib.django"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ROOT_URLCONF = "abeyance.site.portal_urls" if _is_portal else "abeyance.site.desk_urls"
MIDDLEWARE = [
    "abeyance.site.guard.headers",
    "django.middleware.security.SecurityMiddleware",
    "abeyance.site.guard.hosts",
    "abeyance.site.guard.bounds",
]
APPEND_SLASH = False
TEMPLATES: list[dict[str, Any]] = []

_origin = ABEYANCE.portal_origin if _is_portal else ABEYANCE.desk_origin
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"] + ([urlsplit(_origin).hostname or ""] if _origin else [])
CSRF_TRUSTED_ORIGINS = [_origin] if _origin else []

_cookie = "abeyance_portal" if _is_portal else "abeyance_desk"
_secure = _origin.startswith("https://")
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_cookie}_session", f"{_cookie}_csrf"
LANGUAGE_COOKIE_NAME = f"{_cookie}_language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _secure
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
SECURE_HSTS_SECONDS = 31_536_000 if _secure else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _secure else None
SECURE_REFERRER_POLICY = "no-referrer"

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
LANGUAGE_CODE = "en"

DATABASES: dict[str, dict[str, Any]] = {"default": databases.address(PROCESS, _home, ABEYANCE).for_django()}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["OPTIONS"] |= {"application_name": f"abeyance-{PROCESS}", "connect_timeout": 10}
# A process that serves many needs a pool; a single command would only wait for its threads.
if os.environ.get("ABEYANCE_POOL") == "on":
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": ABEYANCE.database_pool, "timeout": 10}

# A body larger than this is read as a stream by intake's own handlers; Django never writes one to disk in the clear.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
FILE_UPLOAD_HANDLERS = ["abeyance.seals.uploads.SealingUploadHandler"]

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""  # `outbox` reads the rooms' tasks, and only when jobs are run

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"discreet": {"()": "abeyance.site.logs.Discreet"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "discreet", "level": "WARNING"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
