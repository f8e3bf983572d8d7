"""How much is tried.

FAULTS=part    `.ci/run`: ten minutes on two cores, with a thousand kills on each database and 200 days
FAULTS=whole   `make faults`: forty minutes, with 2,000 days
FAULTS=soak    `make soak`: hours
"""

import os
from typing import Final

import pytest

HOW: Final = os.environ.get("FAULTS", "whole")
SOAK: Final = HOW == "soak"
WHOLE: Final = HOW != "part"
SEED: Final = int(os.environ.get("FAULTS_SEED", "0")) or int.from_bytes(os.urandom(3))  # what failed can be replayed

fault = pytest.mark.fault


def size(whole: int, soak: int) -> int:
    return soak if SOAK else whole


def share(whole: int, soak: int) -> int:
    """Of what takes longest, a part is a tenth."""
    return size(whole, soak) if WHOLE else whole // 10
