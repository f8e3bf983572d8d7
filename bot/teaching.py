"""`saldo misses`: what was not understood, and teaching from it.

    misses ──clusters──▶ a list, the most frequent first
    a cluster and its question ─▶ phrases ─▶ a model with them ─▶ figures before and after ─▶ yes ─▶ files, model, table

Nothing is touched before the yes. Then the model is written beside its file first, the phrases are appended, the model
takes its place, and the cluster leaves the table: whatever fails on the way, doing it again ends well.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final, TextIO

from rich.console import Console
from rich.table import Table

from bot.settings import Settings
from bot.understanding import PHRASES, UNSEEN
from nlu import sentence
from nlu.letters import fold
from nlu.measure import Change, Figures, compare, measure
from nlu.misses import WORD, Cluster, clusters, words
from nlu.model import SHIPPED, Model, Senses, load
from nlu.utterances import Utterance, digest, read
from storage.base import Storage, StorageError
from storage.clock import SystemClock
from storage.migrations import HEAD
from storage.sql import open_storage

FEWEST: Final = 2  # known words of a phrase that teaches: one alone may be about anything
KNOWN: Final = "is known already: {}"
SAMPLES: Final = 3  # phrases of a cluster that the list shows
LISTED: Final = 30  # clusters that the list shows


class TeachingError(Exception):
    """Nothing was changed; the message says why."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What teaching would change. Nothing is changed yet."""

    cluster: Cluster
    question: str
    phrases: tuple[Utterance, ...]
    left_out: tuple[tuple[str, str], ...]  # (phrase, why)
    before: Figures
    after: Figures
    changes: tuple[Change, ...]
    fair: bool  # the model before was trained from what the folder holds: these phrases alone make the difference
    model: Model


# ── The table ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def missed(settings: Settings) -> tuple[Cluster, ...]:
    """Clusters of what was not understood, the most frequent first. Raises StorageError."""
    storage = await opened(settings)
    try:
        return clusters(await storage.upkeep.misses())
    finally:
        await storage.close()


async def forget(settings: Settings, cluster: Cluster) -> int:
    """The cluster leaves the table; how many texts did. Raises StorageError."""
    storage = await opened(settings)
    try:
        return await storage.upkeep.forget_misses([(one.said, one.language) for one in cluster.misses])
    finally:
        await storage.close()


async def opened(settings: Settings) -> Storage:
    storage = open_storage(settings.database_url, SystemClock(), beside=True)
    try:
        if await storage.upkeep.version() != HEAD:
            raise StorageError("the schema is of another version: run `saldo migrate`")
    except StorageError:
        await storage.close()
        raise
    return storage


# ── The lesson ────────────────────────────────────────────────────────────────────────────────────────────────────


def prepare(
    found: Iterable[Cluster],
    key: str,
    question: str,
    *,
    folder: Path = PHRASES,
    test: Path = UNSEEN,
    out: Path = SHIPPED,
    say: Callable[[str], None] = lambda _: None,
) -> Lesson:
    """Train with the cluster's phrases and measure, against `out` or, without it, against a model of `folder` as it is.

    `say` hears of progress. Raises TeachingError, UtterancesError, ModelError.
    """
    from nlu.train import train  # takes a second to load, and a list needs none of it

    cluster = next((one for one in found if one.key == key), None)
    if cluster is None:
        raise TeachingError(
            f"there is no cluster {key}: it was taught, or grew under another phrase; see `saldo misses`"
        )
    present, unseen = read(folder), read(test)
    questions = sorted({one.question for one in present})
    if question not in questions:
        raise TeachingError(f"{folder} has no question {question}. There are: {', '.join(questions)}")
    phrases, left_out = worth(cluster, question, present, unseen)
    if not phrases and not any(why == KNOWN.format(question) for _, why in left_out):
        why = "".join(f"\n  {said}: {reason}" for said, reason in left_out)
        raise TeachingError(f"nothing in cluster {key} can be taught{why}")
    senses: Senses | None = sentence.load()
    say(f"training with {len(phrases)} phrases more")
    after = train((*present, *phrases), senses, say)
    if out.exists():
        before = load(out, senses)
    else:
        say("training without them, to compare with")
        before = train(present, senses, say)
    return Lesson(
        cluster=cluster,
        question=question,
        phrases=phrases,
        left_out=left_out,
        before=measure(before, unseen),
        after=measure(after, unseen),
        changes=compare(before, after, unseen),
        fair=before.trained_from == digest(present),
        model=after,
    )


def worth(
    cluster: Cluster, question: str, present: Sequence[Utterance], unseen: Sequence[Utterance]
) -> tuple[tuple[Utterance, ...], tuple[tuple[str, str], ...]]:
    """The phrases that teach something, and those that do not, with the reason."""
    known = {fold(one.text): KNOWN.format(one.question) for one in present}
    # A phrase that is trained on measures nothing any more.
    known |= {fold(one.text): "stands in the test set" for one in unseen}
    phrases: list[Utterance] = []
    left_out: list[tuple[str, str]] = []
    for one in cluster.misses:
        if WORD in one.said.split():
            left_out.append((one.said, f"has a hole ({WORD})"))
        elif len(words(one.said)) < FEWEST:
            left_out.append((one.said, "too few words"))
        elif reason := known.get(fold(one.said)):
            left_out.append((one.said, reason))
        else:
            phrases.append(Utterance(language=one.language, question=question, text=one.said))
    return tuple(phrases), tuple(left_out)


def write(lesson: Lesson, *, folder: Path, out: Path) -> None:
    """The phrases into their files and the model into its own. Raises OSError."""
    ready = out.with_name(f"{out.name}.new")
    try:
        lesson.model.save(ready)
        for one in lesson.phrases:
            append(folder / one.language / f"{one.question}.txt", one.text)
        ready.replace(out)
    finally:
        ready.unlink(missing_ok=True)


def append(file: Path, phrase: str) -> None:
    """One line more; the file's last line may lack its end."""
    file.parent.mkdir(exist_ok=True)
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    with file.open("a", encoding="utf-8") as opened_:
        opened_.write(f"{'' if not before or before.endswith(chr(10)) else chr(10)}{phrase}\n")


# ── What the operator sees ────────────────────────────────────────────────────────────────────────────────────────


def show(found: Sequence[Cluster], out: TextIO, *, as_json: bool) -> None:
    if as_json:
        listed = [
            {
                "key": one.key,
                "language": one.language,
                "count": one.count,
                "likely": one.likely,
                "phrases": [{"said": miss.said, "times": miss.times} for miss in one.misses],
            }
            for one in found
        ]
        out.write(json.dumps(listed, ensure_ascii=False, indent=2) + "\n")
        return
    console = Console(file=out, highlight=False)
    if not found:
        console.print("Nothing: whatever was asked was understood, or was taught already.")
        return
    table = Table("key", "times", "language", "perhaps", "as it was said")
    for one in found[:LISTED]:
        samples = [miss.said for miss in one.misses[:SAMPLES]]
        more = [f"… and {len(one.misses) - SAMPLES} more"] if len(one.misses) > SAMPLES else []
        table.add_row(one.key, str(one.count), one.language, ", ".join(one.likely), "\n".join([*samples, *more]))
    console.print(table)
    if len(found) > LISTED:
        console.print(f"{len(found) - LISTED} smaller ones are not shown: saldo misses --json shows all")


def explain(lesson: Lesson, out: TextIO) -> None:
    """What would change: phrases, figures, and each test phrase that is answered otherwise."""
    console = Console(file=out, highlight=False, markup=False)
    console.print(f"To be taught as {lesson.question}:" if lesson.phrases else "To be taught: nothing new.")
    for one in lesson.phrases:
        console.print(f"  {one.text}")
    if lesson.left_out:
        console.print("Left out:")
        for said, why in lesson.left_out:
            console.print(f"  {said}: {why}")
    table = Table("of the test set", "before", "after")
    for field in fields(Figures):
        table.add_row(field.name, *(figure(getattr(one, field.name)) for one in (lesson.before, lesson.after)))
    console.print(table)
    for title, kind in (("Better", 1), ("Worse", -1), ("Otherwise", 0)):
        changed = [one for one in lesson.changes if one.verdict == kind]
        if changed:
            console.print(f"{title}: {len(changed)}")
            for each in changed:
                console.print(f"  {each.text}: {each.before} -> {each.after}, expected {each.expected}")
    if not lesson.changes:
        console.print("No test phrase is answered otherwise.")
    if not lesson.fair:
        console.print(
            "The model before was trained from other phrases than the folder holds: that is in the difference."
        )


def figure(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.1%}"
