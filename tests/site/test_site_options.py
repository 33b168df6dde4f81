"""Options are checked when they are read; a name that nobody knows stops the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from abeyance.errors import BadInput
from abeyance.site import options
from abeyance.site.databases import parse

PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"


def test_the_environment_wins_over_the_file_and_the_file_over_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "abeyance.toml").write_text("desk_port = 9000\nportal_port = 9001\n")
    found = options.load({"ABEYANCE_HOME": str(tmp_path), "ABEYANCE_DESK_PORT": "9100"})
    assert (found.desk_port, found.portal_port, found.web_workers) == (9100, 9001, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ABEYANCE_DESK_PORT", "70000"),
        ("ABEYANCE_DESK_PORT", "8300 "[:4] + "x"),
        ("ABEYANCE_SMALL_TEAM", "perhaps"),
        ("ABEYANCE_MAIL_SECURITY", "some"),
        ("ABEYANCE_DESK_ORIGIN", "http://desk.example.org"),
        ("ABEYANCE_DESK_ORIGIN", "https://desk.example.org/path"),
        ("ABEYANCE_PORTAL_ONION", "http://example.onion"),
        ("ABEYANCE_KEY_COPIES_DAYS", "0"),
        ("ABEYANCE_KEY_COPYS_DAYS", "7"),
        ("DATABASE_URL", "mysql://x@y/z"),
    ],
)
def test_nonsense_stops_the_start_and_is_not_repeated(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(BadInput, match=name) as problem:
        options.load({"ABEYANCE_HOME": str(tmp_path), name: value})
    assert value not in str(problem.value) or value.isdigit()


@pytest.mark.parametrize(
    "text", ["desk_prot = 1", "desk_port = 'x'", "desk_port = true", "= 1", "[a]\nb = 1", "small_team = 3"]
)
def test_the_file_is_read_as_strictly_as_the_environment(tmp_path: Path, text: str) -> None:
    (tmp_path / "abeyance.toml").write_text(text)
    with pytest.raises(BadInput):
        options.load({"ABEYANCE_HOME": str(tmp_path)})


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not a file"):
        options.load({"ABEYANCE_CONFIG": str(tmp_path / "none.toml")})


def test_the_home_is_a_place_that_the_server_can_reach() -> None:
    assert options.home_of({"ABEYANCE_HOME": "/srv/x"}) == Path("/srv/x")
    with pytest.raises(BadInput):
        options.home_of({"ABEYANCE_HOME": "a\nb"})


def test_a_database_address_names_user_and_database_and_no_more_than_we_know() -> None:
    found = parse("postgresql://u:p%40ss@db.example:6000/desk?sslmode=verify-full")
    assert (found.user, found.password, found.host, found.port, found.database) == (
        "u", "p@ss", "db.example", "6000", "desk",
    )  # fmt: skip
    assert found.for_psycopg()["sslmode"] == "verify-full"
    for url in ("postgresql://db.example/desk", "postgresql://u@db/", "postgresql://u@db/d?options=-csearch_path"):
        with pytest.raises(BadInput):
            parse(url)


def test_every_option_is_on_its_page() -> None:
    text = PAGE.read_text()
    missing = [name for name in options.Options.names() if f"`{name}`" not in text]
    missing += [name for name in options.OTHER_VARIABLES if f"`{name}`" not in text]
    assert not missing
