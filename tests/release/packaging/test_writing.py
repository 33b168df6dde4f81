"""A package opens with ordinary tools, loses nothing and adds nothing."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import subprocess
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import bagit
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abeyance.errors import BadInput
from abeyance.release.packaging import Letter, check_package, write_package
from tests.release.packaging.world import contents, member, packed, table

ODD: list[tuple[Any, ...]] = [
    ("plain", "x"),
    ("", None),
    (None, ""),
    ("=HYPERLINK(1)", "+1"),
    ("'=already guarded", "@sum"),
    ('she said "no",\r\nand left', "\t=1"),
    ("nul \0 inside", "half \ud83d pair"),
    ("\u202egnp.exe \ufeff \u2028 \x1b[31m", "👩‍👩‍👧 ﷽ 漢字 é e\u0301"),
    ("long " * 200_000, "＝1"),
    (-5, Decimal("-1.50")),
    (datetime(2020, 7, 6, 8, 0, 0, 120000, UTC), UUID(int=7)),
    (b"\x00\xff", {"a": [1, None, "=x"]}),
    (True, float("nan")),
]


def test_a_package_is_a_valid_bag_and_opens_with_zipfile_unzip_and_bagit(tmp_path: Path) -> None:
    package, written = packed(table("accounts", ["name", "note"], ODD))
    file = tmp_path / "package.zip"
    file.write_bytes(package)
    assert (written.size, written.sha256) == (len(package), hashlib.sha256(package).hexdigest())
    assert written.rows == (("accounts", len(ODD)),)
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "out")
    bag = bagit.Bag(str(tmp_path / "out" / "P-7K2Q"))
    bag.validate()
    assert bag.info["External-Identifier"] == "P-7K2Q"
    assert check_package(file).differences == ()
    (tmp_path / "out" / "P-7K2Q" / "data" / "letter.txt").write_bytes(b"Another.\n")
    with pytest.raises(bagit.BagValidationError):
        bag.validate()


@pytest.mark.parametrize("program", ["unzip", "7z"])
def test_other_programs_test_the_archive_and_find_it_whole(tmp_path: Path, program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"the program {program} is not installed")
    file = tmp_path / "package.zip"
    many = ((n, hashlib.sha512(str(n).encode()).hexdigest()) for n in range(90_000))  # beyond what is held back
    file.write_bytes(packed(table("accounts", ["n", "name"], many))[0])
    done = subprocess.run([program, "-t" if program == "unzip" else "t", str(file)], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
    with zipfile.ZipFile(file) as archive:
        assert any(entry.flag_bits & 8 for entry in archive.infolist())
    assert check_package(file).whole


def test_json_lines_lose_nothing_and_csv_gives_the_text_back_when_one_apostrophe_is_taken_away() -> None:
    package, _ = packed(table("accounts", ["name", "note"], ODD))
    lines = member(package, "data/accounts.jsonl").decode().split("\n")[:-1]
    assert len(lines) == len(ODD)
    back = [tuple(json.loads(line).values()) for line in lines]
    assert back[:9] == ODD[:9]
    assert back[9:] == [
        (-5, "-1.50"),
        ("2020-07-06T08:00:00.12+00:00", "00000000-0000-0000-0000-000000000007"),
        ("\\x00ff", {"a": [1, None, "=x"]}),
        (True, "NaN"),
    ]
    text = member(package, "data/accounts.csv").decode()
    csv.field_size_limit(2**24)
    rows = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert rows[2] == ["", ""] and '"","x"' not in text
    assert text.split("\n")[2] == '"",' and text.split("\n")[3] == ',""'
    assert rows[3:6] == [
        ["'=HYPERLINK(1)", "'+1"],
        ["''=already guarded", "'@sum"],
        ['she said "no",\r\nand left', "'\t=1"],
    ]
    assert rows[6] == ["nul \\u0000 inside", "half \\ud83d pair"]
    assert rows[8] == ["long " * 200_000, "'＝1"]
    assert rows[9] == ["-5", "-1.50"]


storable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(storable, storable | st.none()), max_size=8))
def test_whatever_the_text_no_csv_cell_begins_a_formula_and_both_formats_say_the_same(rows: list[Any]) -> None:
    package, _ = packed(table("accounts", ["name", "note"], rows))
    read = list(csv.reader(io.StringIO(member(package, "data/accounts.csv").decode(), newline="")))[1:]
    assert all(cell[:1] not in set("=+-@\t\r\n＝＋－＠") for row in read for cell in row)
    assert [[cell.removeprefix("'") for cell in row] for row in read] == [[c or "" for c in row] for row in rows]
    lines = member(package, "data/accounts.jsonl").decode().split("\n")[:-1]
    assert [tuple(json.loads(line).values()) for line in lines] == rows
    assert check_package(io.BytesIO(package)).whole


def test_the_same_contents_give_the_same_bytes_and_a_function_serves_as_well_as_a_file() -> None:
    rows = [(n, f"name {n}") for n in range(3000)]
    first, _ = packed(table("accounts", ["n", "name"], rows))
    pieces: list[bytes] = []
    write_package(pieces.append, contents(table("accounts", ["n", "name"], iter(rows))))
    assert b"".join(pieces) == first


def test_the_custody_record_names_texts_fields_counts_and_digests_but_no_person() -> None:
    package, written = packed(table("accounts", ["name", "note"], ODD[:3]))
    record = json.loads(member(package, "data/custody.json"))
    assert record["texts"] == [{"kind": "policy", "name": "policy.toml", "sha256": "b" * 64}]
    assert record["tables"] == [{"table": "accounts", "category": "SubscriberData", "fields": ["display_name"]}]
    assert record["steps"][1] == {
        "at": "2020-07-06T09:30:00Z",
        "what": "the data was read from the service",
        "who": "the desk's own program",
    }
    assert record["tool"].startswith("Abeyance ")
    listed = {file["path"]: file for file in record["files"]}
    assert listed["data/accounts.csv"]["rows"] == 3
    assert listed["data/accounts.csv"]["sha256"] == next(
        file.sha256 for file in written.files if file.path == "data/accounts.csv"
    )
    dictionary = json.loads(member(package, "data/data-dictionary.json"))
    assert dictionary[0]["no_value"] == "empty without quotation marks in CSV, null in JSON Lines"


def test_letters_in_several_languages_stand_side_by_side_and_a_package_without_one_is_refused() -> None:
    target = io.BytesIO()
    letters = (Letter(b"%PDF-1.7", b"Dear"), Letter(b"%PDF-1.7", "敬啟者".encode(), "zh-Hant"))
    write_package(target, contents(letters=letters))
    assert member(target.getvalue(), "data/letter-zh-Hant.txt").decode() == "敬啟者"
    assert check_package(target).whole
    for wrong in ((), letters + letters):
        with pytest.raises(BadInput, match="has a letter"):
            contents(letters=wrong)
    with pytest.raises(BadInput, match="language"):
        Letter(b"", b"", "../x")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (table("../x", ["a"], []), "cannot be the name"),
        (table("letter-en", ["a"], []), "cannot be called"),
        (table("nul", ["a"], []), "cannot be called"),
        (table("x", [], []), "needs 1 to"),
        (table("x", ["a", "a"], []), "same name"),
        (table("x", ["a", "b"], [("only one",)]), "1 values for 2 columns"),
        (table("x", ["a"], [(object(),)]), "cannot be written"),
    ],
)
def test_what_cannot_be_written_faithfully_is_refused_with_a_sentence(wrong: Any, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        packed(wrong)


def test_memory_does_not_grow_with_the_number_of_rows() -> None:
    def rows(count: int) -> Iterator[tuple[int, str]]:
        return ((n, hashlib.sha256(str(n).encode()).hexdigest()) for n in range(count))

    def peak(count: int) -> int:
        tracemalloc.start()
        write_package(lambda piece: None, contents(table("x", ["n", "name"], rows(count))), level=1)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    small, large = peak(25_000), peak(100_000)
    assert large < small + 12 * 2**20
    assert large < 64 * 2**20


def test_the_service_failing_in_the_middle_is_the_error_that_the_caller_sees() -> None:
    def rows() -> Iterator[tuple[str]]:
        yield ("one",)
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError):
        packed(table("x", ["a"], rows()))
