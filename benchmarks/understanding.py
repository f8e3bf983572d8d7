"""Understanding: how much of what customers write is understood, how soon, and what it costs in memory.

    python -m benchmarks.understanding      measures, and writes its part of benchmarks/results.md anew

The phrases are those of locales/unseen, which no training touches; slips are made by nlu.slips, the same each time.
What is measured is the whole way, known phrases first and then the model: what `saldo understand` prints.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from random import Random
from typing import Final

from benchmarks import results

TITLE: Final = "## Understanding"
PERIODS: Final = Path(__file__).parents[1] / "tests/handlers/periods.jsonl"
LIMIT: Final = 20  # ms, any text
CERTAIN: Final = 0.2  # ms, known words
ROUNDS: Final = 300


def shares() -> dict[str, list[float]]:
    """For all and for each language: the shares of the table, and how many phrases there were."""
    from bot.reader import whole
    from bot.understanding import UNSEEN
    from handlers.understand import understand
    from nlu.model import Decision
    from nlu.slips import slip
    from nlu.utterances import OUT_OF_SCOPE, read

    model, found = whole(), {}
    unseen = [
        (one, understand(one.text, model), understand(slip(one.text, Random(one.text)), model)) for one in read(UNSEEN)
    ]
    for language in ("all", *model.languages):
        some = [row for row in unseen if language in {"all", row[0].language}]
        acted = [(one, said) for one, said, _ in some if said.decision is Decision.ACT]
        ours = [one for one, _, _ in some if one.question != OUT_OF_SCOPE]
        stray = [one for one, _, _ in some if one.question == OUT_OF_SCOPE]
        strayed = sum(one.question == OUT_OF_SCOPE for one, _ in acted)
        found[language] = [
            len(some),
            share(said.intent == one.question for one, said, _ in some),
            share(one.question in {said.intent, *(g.question for g in said.guesses)} for one, said, _ in some),
            share(slipped.intent == one.question for one, _, slipped in some),
            (len(acted) - strayed) / len(ours),
            share(said.intent == one.question for one, said in acted),
            strayed / len(stray),
        ]
    return found


def share(flags: Iterable[bool]) -> float:
    found = list(flags)
    return sum(found) / len(found)


def periods() -> dict[str, float]:
    """The share of exact intervals, of phrases written by somebody who did not see the parser."""
    from handlers.periods import Found, parse

    found: dict[str, list[bool]] = {}
    for line in PERIODS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        result = parse(row["text"], date.fromisoformat(row["today"]), row["language"])
        got = (
            (result.period.first.isoformat(), result.period.last.isoformat())
            if isinstance(result, Found)
            else (None, None)
        )
        for language in ("all", row["language"]):
            found.setdefault(language, []).append(got == (row["from"], row["to"]))
    return {language: share(flags) for language, flags in found.items()}


def costs() -> dict[str, list[float]]:
    """Milliseconds (median, 99 of 100, slowest) of each kind of text, in this process, which must be fresh and has one
    core; and MiB."""
    before = resident()
    from bot.reader import whole
    from bot.understanding import UNSEEN
    from handlers.understand import understand
    from nlu.utterances import read

    understand("")  # the known phrases were there before any model
    at_rest = resident()
    began = time.perf_counter()
    model = whole()
    loaded = (time.perf_counter() - began) * 1000
    texts = [one.text for one in read(UNSEEN)]
    long = [" ".join(texts), "баланс " * 15_000, "а" * 100_000, "\u0301" * 100_000, "😀" * 50_000, "<b>" * 30_000]
    picked = Random(1).sample(texts, min(ROUNDS, len(texts)))

    def read_(text: str) -> object:
        return understand(text, model)

    found = {
        "a known word": timed(read_, ["баланс", "Оператор", "стоп", "payments", "сколько платить"] * 50),
        "the same, misspelt": timed(read_, ["<fkfyc", "skolko platit", "баланз"] * 50),
        "an ordinary message": timed(read_, picked),
        "100,000 characters": timed(read_, long * 5),
    }
    return found | {"memory": [resident() - at_rest, at_rest - before, loaded]}


def timed(what: Callable[[str], object], texts: Sequence[str]) -> list[float]:
    times = []
    for text in texts[:5]:
        what(text)
    for text in texts:
        began = time.perf_counter()
        what(text)
        times.append((time.perf_counter() - began) * 1000)
    times.sort()
    return [statistics.median(times), times[int(len(times) * 0.99) - 1], times[-1]]


def resident() -> float:
    """MiB of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def lines() -> list[str]:
    """The part of the results, measured now."""
    print("understanding", file=sys.stderr, flush=True)
    made = [
        TITLE, "",
        "| phrases that no training saw | how many | first right | in the first three | one slip, first right "
        "| acted on | right of these | out of scope acted on | periods exact |",
        "|---|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    exact = periods()
    for language, (count, *figures) in shares().items():
        made.append(
            f"| {language} | {count:.0f} | " + " | ".join(f"{one:.1%}" for one in [*figures, exact[language]]) + " |"
        )
    command = [sys.executable, "-m", "benchmarks.understanding", "costs"]
    one_core = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, env=one_core).stdout)
    memory, _, loaded = found.pop("memory")
    made += ["", "| text, on one core | median, ms | 99 of 100 | slowest |", "|---|---|---|---|"]
    for name, times in found.items():
        late = "" if times[1] <= (CERTAIN if "known word" in name else LIMIT) else " (late)"
        made.append(f"| {name} | " + " | ".join(f"{one:.2f}" for one in times) + f"{late} |")
    return [
        *made,
        "",
        f"The model takes {memory:.0f} MiB more memory and {loaded / 1000:.1f} s to load. The aims: 88 % first right,",
        "96 % in the first three, 82 % with a slip; 98 % right of what is acted on, 2 % of what is out of scope;",
        f"97 % of periods; {CERTAIN} ms for a known phrase, {LIMIT} ms for any text, 120 MiB.",
        "",
    ]


def main() -> None:
    if sys.argv[1:]:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        print(json.dumps(costs()))
        return
    print(results.replace(TITLE, lines()))


if __name__ == "__main__":
    main()
