"""How much is tried: a part in CI, the whole with FAULTS=soak (`make soak`)."""

import os
from typing import Final

import pytest

SOAK: Final = os.environ.get("FAULTS") == "soak"
SEED: Final = int(os.environ.get("FAULTS_SEED", "0")) or int.from_bytes(os.urandom(3))  # what failed can be replayed

fault = pytest.mark.fault


def size(ci: int, soak: int) -> int:
    return soak if SOAK else ci
