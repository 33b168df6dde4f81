"""Log lines as lines or as JSON: what happened and where, and never what it was about."""

from __future__ import annotations

import json
import logging
import sys

from abeyance.site.logs import Discreet, Structured


def record() -> logging.LogRecord:
    try:
        raise ValueError("+85291234567 is the target")
    except ValueError:
        return logging.LogRecord("abeyance.x", logging.ERROR, "", 0, "job %s failed", (7,), sys.exc_info())


def test_either_form_says_the_kind_of_an_error_and_keeps_its_text_to_itself() -> None:
    line, said = Discreet().format(record()), json.loads(Structured().format(record()))
    assert said | {"at": "", "process": "", "error": ""} == {
        "at": "",
        "level": "ERROR",
        "process": "",
        "logger": "abeyance.x",
        "said": "job 7 failed",
        "error": "",
    }
    for text in (line, said["error"]):
        assert "ValueError at test_site_logs.py" in text
        assert "+852" not in text
