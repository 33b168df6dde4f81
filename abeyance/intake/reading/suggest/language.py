"""Which language a text is written in: by script, then by its small words, and only then by a statistical model."""

from __future__ import annotations

import io
import re
from functools import cache
from types import SimpleNamespace

_SCRIPTS = (("ja", "\u3040", "\u30ff"), ("ko", "\uac00", "\ud7af"), ("ar", "\u0600", "\u06ff"),
            ("ru", "\u0400", "\u04ff"),
            ("he", "\u0590", "\u05ff"), ("th", "\u0e00", "\u0e7f"), ("hi", "\u0900", "\u097f"),
            ("el", "\u0370", "\u03ff"),
            ("zh", "\u4e00", "\u9fff"))  # fmt: skip
_TRADITIONAL = frozenset(
    "國會個為這來時說對東書長開關門問電話號與產業應該實務將機構處員資訊戶銀錄護檢證據請條圍於區調發"
)
_SIMPLIFIED = frozenset(
    "国会个为这来时说对东书长开关门问电话号与产业应该实务将机构处员资讯户银录护检证据请条围于区调发"
)
_SMALL = {
    "en": "the of and to in that for is with this you are be by any all or which from shall not your has on as",
    "de": "der die das und zu den von mit für ist auf dem des eine ein nicht sie wir ihre wird werden zur zum sind",
    "fr": "le la les de des et du un une est que pour dans vous par sur au aux ce cette nous qui sont à avec",
    "es": "el la los las de que y en un una por con para del se su al es lo como",
    "it": "il la di che e un una per del della in con non si sono al dei delle gli nel",
    "nl": "de het een van en in dat is op te voor met zijn aan niet wordt door bij",
    "pt": "o a os as de que e do da em um uma para com não por dos das ao se",
    "pl": "i w na z do się nie że jest oraz od przez o po dla są",
}
_LANGUAGES = {name: frozenset(words.split()) for name, words in _SMALL.items()}
_WORD = re.compile(r"[^\W\d_]{1,30}")
SAMPLE = 20_000
ENOUGH = 20


def languages_of(text: str) -> list[str]:
    """The main language, and a second where at least a quarter is in another script. BCP 47."""
    sample = text[:SAMPLE]
    counts = _by_script(sample)
    letters = sum(counts.values())
    if letters < ENOUGH:
        return []
    if counts.get("ja", 0) * 10 > counts.get("zh", 0):
        counts["ja"] = counts.get("ja", 0) + counts.pop("zh", 0) if counts.get("ja") else 0
    # A Han character says as much as a few letters do.
    weighed = {name: count * (3 if name in ("zh", "ja") else 1) for name, count in counts.items()}
    ranked = sorted(weighed, key=lambda name: -weighed[name])
    named = [_named(name, sample) for name in ranked if weighed[name] * 4 >= sum(weighed.values())]
    return list(dict.fromkeys(filter(None, named)))


def _by_script(sample: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for character in sample:
        if character.isalpha():
            name = next((name for name, first, last in _SCRIPTS if first <= character <= last), "latin")
            counts[name] = counts.get(name, 0) + 1
    return counts


def _named(script: str, sample: str) -> str:
    if script == "zh":
        traditional = sum(character in _TRADITIONAL for character in sample)
        simplified = sum(character in _SIMPLIFIED for character in sample)
        return "zh-Hant" if traditional >= simplified else "zh-Hans"
    return _latin(sample) if script == "latin" else script


def _latin(sample: str) -> str:
    words = [word.lower() for word in _WORD.findall(sample)]
    scores = {name: sum(word in small for word in words) for name, small in _LANGUAGES.items()}
    best, second = sorted(scores, key=lambda name: -scores[name])[:2]
    if scores[best] >= 4 and scores[best] >= scores[second] * 1.3:
        return best
    return _modelled(" ".join(words)) if len(words) >= 8 else ""


@cache
def _modelled(sample: str) -> str:
    import py3langid  # half a second and 100 MB: only for texts that need it
    from py3langid import modelio

    # The model is unpacked through a temporary file, and the reading process may not write: memory will do.
    modelio.tempfile = SimpleNamespace(TemporaryFile=lambda suffix: io.BytesIO())
    return str(py3langid.classify(sample[:4000])[0])
