"""Pages of the desk with a thousand and with a million open requests, for a member, behind all doors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.results import Result
from bench.world import World, p95, timed, world

if TYPE_CHECKING:
    from django.test import Client

FEW = 1_000
GOAL, BARE_GOAL = 2.0, 3.0
PAGES = {"front page": "/", "list of requests": "/requests/", "a request": "/requests/{ref}/", "pauses": "/pauses/"}


def run(quick: bool) -> list[Result]:
    many, rounds = (50_000, 20) if quick else (1_000_000, 60)
    with world() as desk:
        browser = _signed_in(desk)
        ref = desk.packages(1)[0].case.ref
        desk.fill(1, FEW, country="GB", agency="gb-northshire-police", law="gb-copo")
        few = {name: _times(browser, path.format(ref=ref), rounds) for name, path in PAGES.items()}
        bare = {name: _bare(browser, path.format(ref=ref), rounds) for name, path in PAGES.items()}
        desk.fill(FEW + 1, many, country="HK", agency="hk-harbour-police", law="hk-nsl43-s7")
        all_ = {name: _times(browser, path.format(ref=ref), rounds) for name, path in PAGES.items()}
    return [_result(name, few[name], all_[name], bare[name], many, rounds) for name in PAGES]


def _result(name: str, few: list[float], all_: list[float], bare: list[float], many: int, rounds: int) -> Result:
    ours, before = p95(all_), p95(few)
    return Result(
        f"{name} with {many:,} open requests, p95 of {rounds} (rendering alone {p95(bare):.1f} ms)",
        ours,
        "ms",
        f"at most {GOAL:.0f} times that with {FEW:,}, and {BARE_GOAL:.0f} times its rendering",
        ours <= GOAL * before and ours <= BARE_GOAL * p95(bare),
        f"with {FEW:,} open requests, ms",
        before,
        ours / before,
    )


def _times(browser: Client, path: str, rounds: int) -> list[float]:
    for _ in range(3):
        _got(browser, path)
    return [timed(lambda: _got(browser, path)) for _ in range(rounds)]


def _bare(browser: Client, path: str, rounds: int) -> list[float]:
    """The same page rendered again from what had been read for it."""
    from django.template.loader import get_template

    answer = _got(browser, path)
    template, context = (
        get_template(answer.templates[0].name),
        {key: value for part in answer.context for layer in part.dicts for key, value in layer.items()},
    )
    return [timed(lambda: template.render(context)) for _ in range(rounds)]


def _got(browser: Client, path: str) -> Any:
    answer = browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer


def _signed_in(desk: World) -> Client:
    import time

    from allauth.account.internal.userkit import user_id_to_str
    from django.conf import settings
    from django.test import Client
    from django.test.utils import setup_test_environment

    from abeyance.site.signin import trying
    from abeyance.site.signin.models import Account

    setup_test_environment()  # answers remember their template and what it was given
    trying.make(desk.home / "demo")
    account = Account.objects.get(member__code=desk.cast.first)
    browser = Client(HTTP_ACCEPT="text/html")
    browser.force_login(account, backend=settings.AUTHENTICATION_BACKENDS[0])
    session = browser.session
    session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": time.time()}]
    session["account_authentication_methods_user"] = user_id_to_str(account)
    session.save()
    return browser
