"""Which service a button or a typed word is about.

A billing's own id of a service may be long and says more than a network needs to know: buttons carry a short mark of
it, looked up among the account's own services and believed by nobody.
"""

import hashlib
from collections.abc import Iterable

from billing.base import Service


def mark(service: Service) -> str:
    """What buttons carry: eight characters, the same for the same service always."""
    return hashlib.sha256(service.id.encode()).hexdigest()[:8]


def marked(services: Iterable[Service], given: str) -> Service | None:
    """The service with that mark; None: none of the account's."""
    return next((one for one in services if mark(one) == given), None)
