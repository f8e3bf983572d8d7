"""A reader of our PDF files for tests: what stands on each page, by the fonts' own tables, and the properties."""

import re
import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Written:
    x: float  # of the left end, inside what it was set in
    text: str
    font: str  # the embedded font's name


@dataclass(frozen=True)
class Read:
    pages: tuple[tuple[Written, ...], ...]
    properties: dict[str, str]
    embedded: tuple[bytes, ...]  # font files

    def texts(self, page: int) -> list[str]:
        return [one.text for one in self.pages[page]]


def read(data: bytes) -> Read:
    assert data.startswith(b"%PDF-1.")
    assert data.rstrip().endswith(b"%%EOF")
    objects = {int(number): body for number, body in re.findall(rb"(\d+) 0 obj\s*(.*?)\s*endobj", data, re.DOTALL)}
    fonts = {}
    for body in objects.values():
        if b"/ToUnicode" in body:
            name, letters = found(rb"/Name /(\S+)", body), int(found(rb"/ToUnicode (\d+)", body))
            fonts[name] = (found(rb"/BaseFont /(\S+)", body), table(stream(objects[letters])))
    (tree,) = (body for body in objects.values() if b"/Type /Pages" in body)
    kids = [int(one) for one in re.findall(rb"(\d+) 0 R", re.search(rb"/Kids \[(.*?)\]", tree, re.DOTALL)[1])]  # type: ignore[index]
    contents = [stream(objects[int(found(rb"/Contents (\d+)", objects[kid]))]) for kid in kids]
    (about,) = (body for body in objects.values() if b"/Producer" in body)
    return Read(
        tuple(tuple(written(content, fonts)) for content in contents),
        dict(re.findall(r"/(\w+) \((.*?)\)", about.decode())),
        tuple(stream(body) for body in objects.values() if b"/Length1" in body),
    )


def found(pattern: bytes, body: bytes) -> str:
    match = re.search(pattern, body)
    assert match
    return match[1].decode()


def stream(body: bytes) -> bytes:
    return zlib.decompress(body.partition(b"stream")[2].strip(b"\r\n").rpartition(b"endstream")[0])


def table(cmap: bytes) -> dict[int, str]:
    return {int(code, 16): chr(int(char, 16)) for code, char in re.findall(rb"<(\w\w)> <(\w{4})>", cmap)}


def written(content: bytes, fonts: dict[str, tuple[str, dict[int, str]]]) -> list[Written]:
    made, font, x, line = [], "", 0.0, ""
    token = rb"1 0 0 1 (\S+) \S+ Tm|/(\S+) \S+ Tf|\(((?:\\.|[^\\)])*)\) Tj|(ET|T\*)"
    for place, name, text, end in re.findall(token, content, re.DOTALL):
        if place:
            x = float(place)
        elif name:
            font = name.decode()
        elif end:
            if line:
                made.append(Written(x, line, fonts[font][0]))
            line = ""
        else:
            line += "".join(fonts[font][1][byte] for byte in unescaped(text))
    return made


def unescaped(text: bytes) -> bytes:
    names = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
    return re.sub(
        rb"\\([0-7]{1,3}|.)",
        lambda m: bytes([int(m[1], 8)]) if m[1].isdigit() else names.get(m[1], m[1]),
        text,
        flags=re.DOTALL,
    )
