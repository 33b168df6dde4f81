"""Reading back: whole packages pass, any difference is named, and what is made to harm is refused."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path

import pytest

from abeyance.errors import BadInput
from abeyance.release.packaging import check_package
from tests.release.packaging.world import member, packed, rezipped, table


def whole() -> bytes:
    return packed(table("accounts", ["name", "note"], [("a\nb", None), ('"', "x")]))[0]


def test_a_whole_package_passes_and_says_what_is_in_it() -> None:
    checked = check_package(io.BytesIO(whole()))
    assert checked.whole
    assert (checked.package, checked.rows) == ("P-7K2Q", (("accounts", 2),))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"data/letter.txt": b"Other"}, "data/letter.txt is not what the manifest says"),
        ({"data/accounts.csv": None}, "data/accounts.csv is in the manifest, but not in the package"),
        ({"README.txt": b""}, "README.txt is not what the manifest says"),
        ({"bag-info.txt": b"Payload-Oxum: 1.1\n"}, "counts other files or bytes"),
        ({"bagit.txt": b"BagIt-Version: 0.97\n"}, "does not declare"),
    ],
)
def test_any_change_is_named(changes: dict[str, bytes | None], sentence: str) -> None:
    checked = check_package(io.BytesIO(rezipped(whole(), changes)))
    assert not checked.whole
    assert any(sentence in difference for difference in checked.differences), checked.differences


def test_a_file_slipped_in_and_a_custody_record_that_counts_otherwise_are_named() -> None:
    package = rezipped(whole(), {}, {"P-7K2Q/data/extra.txt": b"x"})
    assert check_package(io.BytesIO(package)).differences == ("data/extra.txt is in the package, but in no manifest.",)
    record = json.loads(member(whole(), "data/custody.json"))
    for file in record["files"]:
        if "rows" in file:
            file["rows"] = 7
    changed = rezipped(whole(), {"data/custody.json": json.dumps(record).encode()})
    assert any("2 rows, the custody record says 7" in said for said in check_package(io.BytesIO(changed)).differences)


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (b"", "not a ZIP"),
        (b"hello", "not a ZIP"),
        (b"age-encryption.org/v1\n", "still encrypted"),
        (whole()[:-30], "cut off"),
        (whole() + b"more", "something was added"),
        (rezipped(whole(), {}, {"elsewhere/x": b""}), "one folder"),
        (rezipped(whole(), {}, {"P-7K2Q/../../x": b""}), "leads out"),
        (rezipped(whole(), {}, {"P-7K2Q/data/C:x": b""}), "leads out"),
        (rezipped(whole(), {}, {"P-7K2Q/data/LETTER.txt": b""}), "same name"),
        (rezipped(whole(), {"bagit.txt": None}), "has no bagit.txt"),
        (rezipped(whole(), {"manifest-sha256.txt": b"\xff"}), "not UTF-8"),
        (rezipped(whole(), {"manifest-sha256.txt": b"x  y\n"}), "not a SHA-256"),
        (rezipped(whole(), {"data/custody.json": b"[" * 100_000}), "not a custody record"),
        (rezipped(whole(), {"data/custody.json": b"{}"}), "not a custody record"),
        (rezipped(whole(), {}, {f"P-7K2Q/data/{n}": b"" for n in range(2300)}), "at most"),
    ],
)
def test_what_is_no_package_or_made_to_harm_is_refused_with_a_sentence(file: bytes, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        check_package(io.BytesIO(file))


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = rezipped(whole(), {}, {"P-7K2Q/data/zeros": b"\0" * 20_000_000})
    with pytest.raises(BadInput, match="larger than"):
        check_package(io.BytesIO(bomb), largest=10_000_000)
    assert not check_package(io.BytesIO(bomb)).whole  # within bounds it is only a file too many
    package = bytearray(whole())
    at = package.index(b"PK\x01\x02")
    package[at + 24 : at + 28] = struct.pack("<L", 0xF0000000)
    with pytest.raises(BadInput, match="cannot have"):
        check_package(io.BytesIO(bytes(package)))
    end = bytearray(whole())
    end[-10:-6] = struct.pack("<L", 0x7FFFFFFF)
    with pytest.raises(BadInput, match="directory is larger"):
        check_package(io.BytesIO(bytes(end)))


def test_overlapping_files_are_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("P/a", bytes(range(256)) * 4000)
        first = archive.infolist()[0]
        for number in range(50):
            twin = zipfile.ZipInfo(f"P/{number}")
            for name in ("header_offset", "CRC", "compress_size", "file_size", "compress_type"):
                setattr(twin, name, getattr(first, name))
            archive.filelist.append(twin)
    with pytest.raises(BadInput, match="overlap"):
        check_package(io.BytesIO(made.getvalue()))


def test_damage_at_any_place_is_a_sentence_or_a_difference_and_never_a_crash(tmp_path: Path) -> None:
    package = whole()
    for at in range(0, len(package), 7):
        changed = bytearray(package)
        changed[at] ^= 0x5A
        try:
            checked = check_package(io.BytesIO(bytes(changed)))
        except BadInput:
            continue
        assert checked.files  # such as a time in a header: nothing that the manifests speak of
    with pytest.raises(BadInput, match="cannot be read"):
        check_package(tmp_path / "absent.zip")
