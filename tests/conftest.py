"""One database for the whole suite, and what was skipped, said in the last lines."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management.commands import flush
from django.db.backends.postgresql.operations import DatabaseOperations

from tests import server

IN_CI = os.environ.get("ABEYANCE_CI") == "1"
# What a test may rightly not find: the kind of user or machine, or folders that lie beside the project. A program that
# is missing is no such reason.
RIGHTLY = ("only root", "an ordinary user", "../shared/vectors", "not on this machine", "outside server", "no /proc")
STAYING = ("django_content_type", "auth_permission")  # the same after every test


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """pytest-django asks for this before it makes the test database."""
    server.start()
    DatabaseOperations.sql_flush = _emptied
    flush.emit_post_migrate_signal = lambda *_, **__: None  # what it would write anew stays


def _emptied(self: Any, style: Any, tables: Any, **_: Any) -> list[str]:
    """After each test. Truncating writes new files for each table and index, which costs more than a short test;
    references are checked at the end of the transaction, so order does not matter. The ledger lets nobody delete."""
    ours = [table for table in tables if table not in STAYING]
    kept = sorted(self.quote_name(table) for table in ours if table.startswith("ledger_"))
    emptied = [f"DELETE FROM {self.quote_name(table)}" for table in ours if not table.startswith("ledger_")]
    return [*emptied, *([f"TRUNCATE {', '.join(kept)} CASCADE"] if kept else [])]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    """In continuous integration no program may be missing."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and isinstance(report.longrepr, tuple):
        reason = _reason(report)
        if IN_CI and not any(each in reason for each in RIGHTLY):
            report.outcome = "failed"
            report.longrepr = f"Skipped where nothing may be skipped: {reason}"


def _reason(report: Any) -> str:
    return str(report.longrepr[2]).removeprefix("Skipped: ")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    skipped = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", ()))
    for reason, count in skipped.items():
        terminalreporter.write_line(f"NOT TESTED ({count}): {reason}", yellow=True, bold=True)


@pytest.fixture
def desk(transactional_db: None, tmp_path: Path, settings: Any) -> Iterator[Any]:
    """The invented company's desk, with a real key holder (`tests/desk.py`)."""
    from tests.desk import running_desk

    settings.ABEYANCE_HOME = tmp_path
    with running_desk(tmp_path) as made:
        yield made
