"""Drawing: milliseconds for each picture and file, the first in a fresh process and one like it after that.

    python -m benchmarks.pictures      measures, and writes its part of benchmarks/results.md anew

Warm is the median of drawings whose texts differ from one another, as customers' do: nothing that is kept for the same
text helps. The customer waits for this once; the same picture again comes out of the easel's cache.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Final

from benchmarks import results
from pictures.bars import Bar, Bars
from pictures.base import Drawing, Payee
from pictures.code import PaymentCode
from pictures.services import Mood, Row, ServiceList, Sum
from pictures.sheet import Sheet
from pictures.statement import Statement
from pictures.table import Table

TITLE: Final = "## Pictures"
ROUNDS: Final = 15
LIMIT: Final = 60  # ms, warm
PAYEE: Final = Payee(
    "ПАО «Связь»",
    "40702810100000000001",
    "ПАО Сбербанк",
    "044525225",
    "30101810400000000225",
    "7707049388",
    "771032001",
)
KINDS: Final = ("internet", "phone", "tv", "mobile", "other")
MOODS: Final = ((Mood.GOOD, "работает"), (Mood.BAD, "отключена за долг"), (Mood.QUIET, "приостановлена вами"))


def sum_(value: int) -> str:
    return f"{value // 100},{value % 100:02d} ₽"


def services(rows: int, turn: int) -> ServiceList:
    made = tuple(
        Row(
            KINDS[i % 5],
            f"Услуга связи {turn}-{i}",
            MOODS[i % 3][1],
            f"Тариф {turn * i}",
            sum_(turn + i),
            MOODS[i % 3][0],
        )
        for i in range(rows)
    )
    return ServiceList("Ваши услуги", made, (Sum("Баланс всех услуг", sum_(turn)), Sum("Долг", sum_(turn * 7))))


def bars(count: int, turn: int) -> Bars:
    values = [(i * 7919 + turn * 104729) % 200_000 for i in range(count)]
    made = tuple(Bar(f"{i + 1} окт.", (value,), (sum_(value),)) for i, value in enumerate(values))
    return Bars(f"За месяц вы заплатили {sum_(sum(values))}", "1–31 октября", made)


def statement(rows: int, turn: int) -> Statement:
    made = tuple((f"{i % 31 + 1}.10.2026", f"Платёж № {turn * 1000 + i}", sum_(i * turn)) for i in range(rows))
    table = Table("Платежи", ("Дата", "Способ", "Сумма"), made, right=(2,), total=("Всего", "", sum_(turn)))
    return Statement(
        "Выписка", (("Период", "1–31 октября"),), (table,), "Сформировано 22 ноября", "стр. {page} из {pages}"
    )


DRAWINGS: Final[dict[str, Callable[[int], Drawing]]] = {
    "services, 5": lambda turn: services(5, turn),
    "services, 12": lambda turn: services(12, turn),
    "bars, 13 months": lambda turn: bars(13, turn),
    "bars, 31 days": lambda turn: bars(31, turn),
    "payment code": lambda turn: PaymentCode(PAYEE, 100 + turn, f"72001{turn:04d}", "Оплата услуг связи"),
    "statement, 120 rows": lambda turn: statement(120, turn),
    "statement, 500 rows": lambda turn: statement(500, turn),
    "sheet, 500 rows": lambda turn: Sheet(("Дата", "Сумма"), tuple((f"{i}.10", i * turn) for i in range(500))),
}


def measured(name: str) -> dict[str, float]:
    """In this process, which must be fresh."""
    times, data = [], b""
    for turn in range(1, ROUNDS + 2):
        drawing = DRAWINGS[name](turn)
        began = time.perf_counter()
        data = drawing.draw()
        times.append((time.perf_counter() - began) * 1000)
    return {"cold": times[0], "warm": statistics.median(times[1:]), "worst": max(times[1:]), "kb": len(data) / 1024}


def lines() -> list[str]:
    """The part of the results, measured now, each kind in a process of its own."""
    made = [TITLE, "", "| drawing | first, ms | then, ms | slowest of those | kB |", "|---|---|---|---|---|"]
    for name in DRAWINGS:
        print(f"drawing: {name}", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", "benchmarks.pictures", name]
        found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        late = "" if found["warm"] <= LIMIT or "500" in name else f" (above {LIMIT})"
        row = f"{found['cold']:.0f} | {found['warm']:.0f}{late} | {found['worst']:.0f} | {found['kb']:.0f}"
        made.append(f"| {name} | {row} |")
    return [
        *made,
        "",
        "first: in a fresh process, with the libraries and fonts it loads. then: the median of others of its kind.",
        f"The aim is {LIMIT} ms for what a chat shows; a statement of 500 rows is a file that somebody asks for.",
        "",
    ]


def main() -> None:
    if sys.argv[1:]:
        print(json.dumps(measured(sys.argv[1])))
        return
    print(results.replace(TITLE, lines()))


if __name__ == "__main__":
    main()
