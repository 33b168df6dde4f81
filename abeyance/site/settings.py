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
    "diligence",
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
INSTALLED_APPS += ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"]
INSTALLED_APPS += [
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "abeyance.site.signin",
]
INSTALLED_APPS += ["abeyance.site.pages", "abeyance.site.oncall"]
if not _is_portal:  # nobody signs in there
    INSTALLED_APPS += ["allauth", "allauth.account", "allauth.mfa", "allauth.usersessions"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ROOT_URLCONF = "abeyance.site.portal_urls" if _is_portal else "abeyance.site.desk_urls"
MIDDLEWARE = [
    "abeyance.site.guard.headers",
    "abeyance.site.guard.Encrypted",
    "abeyance.site.guard.hosts",
    "abeyance.site.guard.bounds",
    "whitenoise.middleware.WhiteNoiseMiddleware",
]
if not _is_portal:  # the portal knows no sessions and no members
    MIDDLEWARE += ["django.contrib.sessions.middleware.SessionMiddleware"]
MIDDLEWARE += ["django.middleware.locale.LocaleMiddleware", "django.middleware.csrf.CsrfViewMiddleware"]
if not _is_portal:
    MIDDLEWARE += [
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "allauth.account.middleware.AccountMiddleware",
        "allauth.usersessions.middleware.UserSessionsMiddleware",
        "abeyance.site.signin.doors.Doors",
    ]
APPEND_SLASH = False
_context = ["django.template.context_processors.request", "django.template.context_processors.i18n"]
_context += [
    "abeyance.site.pages.surroundings.of_the_portal" if _is_portal else "abeyance.site.pages.surroundings.of_the_desk"
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [home.PACKAGE / "site" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": _context
            + ([] if _is_portal else ["django.contrib.messages.context_processors.messages"]),
            "builtins": ["abeyance.site.pages.templatetags.words"],
        },
    }
]
STATIC_URL = "/static/"
STATICFILES_DIRS = [home.PACKAGE / "site" / "static"]
WHITENOISE_USE_FINDERS, WHITENOISE_MAX_AGE = True, 3600

AUTH_USER_MODEL = "signin.Account"
AUTHENTICATION_BACKENDS = ["abeyance.site.signin.backend.Members"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["name"]},
    },
]
LOGIN_REDIRECT_URL, LOGIN_URL = "/", "account_login"
ACCOUNT_ADAPTER, MFA_ADAPTER = "abeyance.site.signin.adapter.Adapter", "abeyance.site.signin.adapter.Factors"
ACCOUNT_USER_MODEL_USERNAME_FIELD, ACCOUNT_USER_MODEL_EMAIL_FIELD = "name", None
ACCOUNT_LOGIN_METHODS, ACCOUNT_SIGNUP_FIELDS = {"username"}, ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION, ACCOUNT_SESSION_REMEMBER = "none", False
ACCOUNT_LOGOUT_REDIRECT_URL = "/sign-in/"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED, MFA_WEBAUTHN_USER_VERIFICATION = True, "required"
MFA_TOTP_ISSUER, MFA_TOTP_TOLERANCE = "Abeyance", 1
# Browsers themselves allow passkeys without TLS on this machine only, so that trying it out needs no certificate.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not ABEYANCE.desk_origin.startswith("https://")
SESSION_COOKIE_AGE, SESSION_EXPIRE_AT_BROWSER_CLOSE = 12 * 3600, True
CSRF_FAILURE_VIEW = "abeyance.site.answers.forged"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Shared by every process of the desk: what is counted in one's own memory is counted anew by each.
if not _is_portal:
    CACHES = {
        "default": {
            "BACKEND": "abeyance.site.signin.attempts.Attempts",
            "LOCATION": "signin_attempts",
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    }

_origin = ABEYANCE.portal_origin if _is_portal else ABEYANCE.desk_origin
ONION = ABEYANCE.portal_onion if _is_portal else ""
_names = [urlsplit(_origin).hostname or "", ONION]
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *(name for name in _names if name)]
CSRF_TRUSTED_ORIGINS = ([_origin] if _origin else []) + ([f"http://{ONION}"] if ONION else [])

_secure = _origin.startswith("https://")
# The prefix keeps a neighbour, such as the portal under the same domain, from setting a cookie that the desk reads.
_cookie = ("__Host-" if _secure else "") + ("abeyance_portal" if _is_portal else "abeyance_desk")
# Behind a proxy everybody would come from its address, and ten wrong passwords of a stranger would lock everybody out.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if _secure else 0
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_cookie}_session", f"{_cookie}_csrf"
LANGUAGE_COOKIE_NAME = f"{_cookie}_language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _secure
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
SECURE_HSTS_SECONDS = 31_536_000 if _secure else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _secure else None
SECURE_REFERRER_POLICY = "same-origin"  # without one, forms could not be told from forged ones

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE, LANGUAGES = "en", [("en", "English"), ("zh-hant", "\u7e41\u9ad4\u4e2d\u6587")]
LOCALE_PATHS = [home.PACKAGE / "site" / "locale"]

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
    "formatters": {
        "lines": {"()": "abeyance.site.logs.Discreet"},
        "json": {"()": "abeyance.site.logs.Structured"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": ABEYANCE.log_form, "level": "WARNING"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
