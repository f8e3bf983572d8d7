"""Utterances: what customers say, by question and language, as plain files.

    <folder>/<language>/<question>.txt      one phrase a line; blank lines and lines that begin with "#" are skipped

Any set of questions will do: the name of the file is the question. `out_of_scope`, where there is one, holds what is
none of the questions. Phrases that were written together stand together: whole stretches of a file are held out when
a model is tried on what it has not seen (nlu.train), which is fairer than single lines.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

OUT_OF_SCOPE: Final = "out_of_scope"
QUESTION: Final = re.compile("[A-Za-z][A-Za-z0-9_-]{0,63}")
LANGUAGE: Final = re.compile("[a-z]{2,3}")
LONGEST: Final = 1000  # characters of a phrase


class UtterancesError(Exception):
    """The folder cannot be learned from; the message names the file, the line and what is wrong there."""


@dataclass(frozen=True, slots=True, order=True)
class Utterance:
    language: str
    question: str
    text: str


def read(folder: Path) -> tuple[Utterance, ...]:
    """Every phrase once, file after file. Raises UtterancesError."""
    files = sorted(folder.glob("*/*.txt")) if folder.is_dir() else []
    if not files:
        raise UtterancesError(f"{folder}: there is no <language>/<question>.txt")
    found = tuple(dict.fromkeys(phrase for file in files for phrase in phrases(file)))
    if len({one.question for one in found}) < 2:
        raise UtterancesError(f"{folder}: phrases of two questions at least are needed")
    return found


def phrases(file: Path) -> Iterator[Utterance]:
    language, question = file.parent.name, file.stem
    if not LANGUAGE.fullmatch(language):
        raise UtterancesError(f"{file}: the folder is no language: {language}")
    if not QUESTION.fullmatch(question):
        raise UtterancesError(f"{file}: the name is no question: {question}")
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        number = error.object.count(b"\n", 0, error.start) + 1
        raise UtterancesError(f"{file}:{number}: not UTF-8") from error
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if len(text) > LONGEST:
            raise UtterancesError(f"{file}:{number}: longer than {LONGEST} characters")
        if text and not text.startswith("#"):
            yield Utterance(language, question, text)


def digest(utterances: Iterable[Utterance]) -> str:
    """What a model was trained from, so that it can be told whether it still is."""
    lines = (f"{one.language}\t{one.question}\t{one.text}\n" for one in utterances)
    return sha256("".join(lines).encode()).hexdigest()
