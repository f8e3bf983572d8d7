"""A terminal as a network."""

import asyncio
import io
import os

import pytest

from adapters.base import Address, Button, Document, Picture, Received, Reply
from adapters.console import Console


class Heard(list[str]):
    def __init__(self) -> None:
        self.ids: list[str] = []

    async def __call__(self, received: Received) -> None:
        self.extend(event.text for event in received.events)
        self.ids += [event.id for event in received.events]


async def talk(text: str, *, prompt: bool = False) -> tuple[Heard, str]:
    heard, target = Heard(), io.StringIO()
    await Console(io.StringIO(text), target, prompt=prompt).run(heard, None)
    return heard, target.getvalue()


async def show(reply: Reply) -> str:
    target = io.StringIO()
    await Console(io.StringIO(), target).send(Address("console", "1"), reply, 1)
    return target.getvalue()


async def test_every_line_is_a_message_and_the_end_of_the_input_ends_the_run() -> None:
    heard, _ = await talk("баланс\n\n  долг  \n1")
    assert heard == ["баланс", "долг", "1"]


async def test_ids_repeat_neither_within_a_run_nor_over_runs() -> None:
    (first, _), (second, _) = await talk("a\na\n"), await talk("a\n")
    assert len({*first.ids, *second.ids}) == 3


async def test_the_prompt_is_printed_only_when_asked_for() -> None:
    assert (await talk("a\n", prompt=True))[1] == "> "
    assert (await talk("a\n"))[1] == ""


async def test_options_are_numbered_across_rows() -> None:
    keyboard = ((Button("Баланс", action="b"), Button("Долг", action="d")), (Button("Оплатить", url="https://pay"),))
    assert await show(Reply("Что показать?", keyboard=keyboard)) == (
        "Что показать?\n  1. Баланс\n  2. Долг\n  3. Оплатить: https://pay\n"
    )
    assert await show(Reply("Меню", menu=((Button("Баланс", action="b"),),))) == "Меню\n  1. Баланс\n"


async def test_files_are_announced_by_name_and_size() -> None:
    assert await show(Reply("QR", picture=Picture(b"x" * 100, "qr.png"))) == "QR\n  [qr.png, 100 B]\n"
    assert "[справка.pdf, 2 KiB]" in await show(Reply("Вот", document=Document(b"x" * 2048, "справка.pdf")))
    assert "[a.bin, 1.5 MiB]" in await show(Reply("Вот", document=Document(b"x" * 3 * 2**19, "a.bin")))


async def test_waiting_for_a_line_does_not_hold_the_event_loop() -> None:
    readable, writable = os.pipe()
    heard = Heard()
    with os.fdopen(readable, encoding="utf-8") as source, os.fdopen(writable, "w", encoding="utf-8") as typist:
        run = asyncio.create_task(Console(source, io.StringIO()).run(heard, None))
        await asyncio.sleep(0)  # would never return if reading held the loop
        typist.write("баланс\n")
        typist.close()
        await asyncio.wait_for(run, 5)
    assert heard == ["баланс"]


async def test_a_line_that_could_not_be_stored_is_told_to_whoever_runs_it() -> None:
    async def full(received: Received) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await Console(io.StringIO("баланс\n"), io.StringIO()).run(full, None)


async def test_input_that_is_not_text_ends_the_run_with_its_error() -> None:
    with pytest.raises(UnicodeDecodeError):
        await Console(io.TextIOWrapper(io.BytesIO(b"\xff\n"), "utf-8"), io.StringIO()).run(Heard(), None)
