"""Letters to requesters, as text and as PDF, in the same words: `words/` has the sentences of each language,
`letter.typ` the page. The reasons in a letter are those that the rules gave."""

from abeyance.answer.letters.answered import answered, points
from abeyance.answer.letters.letter import Kind, Letter, Line, Sender
from abeyance.answer.letters.page import pdf
from abeyance.answer.letters.plain import text
from abeyance.answer.letters.words import LANGUAGES

__all__ = ["LANGUAGES", "Kind", "Letter", "Line", "Sender", "answered", "pdf", "points", "text"]
