from pathlib import Path

import pytest

from nlu.utterances import Utterance, UtterancesError, digest, read


def written(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def test_a_phrase_a_line_in_the_order_of_the_file_and_each_once(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "en/two.txt": "# said by many\n\nsecond\r\n  first \nsecond\n",
        "en/one.txt": "\ufeffone",
        "pt/one.txt": "um",
    }
    found = read(written(tmp_path, files))
    assert found == (
        Utterance("en", "one", "one"),
        Utterance("en", "two", "second"),
        Utterance("en", "two", "first"),
        Utterance("pt", "one", "um"),
    )
    assert digest(found) == digest(read(tmp_path))
    assert digest(found) != digest(found[1:])


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "there is no"),
        ({"one.txt": "a", "two.txt": "b"}, "there is no"),
        ({"en/one.txt": "a"}, "two questions"),
        ({"en/one.txt": "a", "en/two.txt": "\n# nothing\n"}, "two questions"),
        ({"en/one.txt": "a", "en/two.txt": b"good\n\xff\xfe"}, r"two\.txt:2: not UTF-8"),
        ({"en/one.txt": "a", "en/two.txt": "b\n" + "c" * 1001}, r"two\.txt:2: longer than 1000"),
        ({"en/one.txt": "a", "en/two words.txt": "b"}, "the name is no question: two words"),
        ({"en/one.txt": "a", "English/two.txt": "b"}, "the folder is no language: English"),
    ],
)
def test_what_cannot_be_learned_from_is_named(tmp_path: Path, files: dict[str, str | bytes], said: str) -> None:
    with pytest.raises(UtterancesError, match=said):
        read(written(tmp_path, files))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UtterancesError, match="nowhere"):
        read(tmp_path / "nowhere")
