"""How much is tried: `make faults`, minutes; with FAULTS=soak, as in `make soak`, hours."""

import os
from typing import Final

import pytest

SOAK: Final = os.environ.get("FAULTS") == "soak"
SEED: Final = int(os.environ.get("FAULTS_SEED", "0")) or int.from_bytes(os.urandom(3))  # what failed can be replayed

fault = pytest.mark.fault


def size(some: int, soak: int) -> int:
    return soak if SOAK else some
