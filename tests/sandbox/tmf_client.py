"""A plain client of the TM Forum stand-in, as a test is one: it has a token and asks."""

import json as text
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import aiohttp

from sandbox.tmf import CLIENT, RESOURCES, Tmf
from tests.contract.billings import ledger, ticking


class Client:
    def __init__(self, server: Tmf, http: aiohttp.ClientSession) -> None:
        self.server, self.http, self.token = server, http, ""

    async def sign_in(self) -> None:
        form = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": self.server.secret}
        async with self.http.post(f"{self.server.url}/oauth/token", data=form) as answer:
            self.token = (await answer.json())["access_token"]

    async def ask(
        self, method: str, resource: str, *, api: str = "", json: Any = None, **params: Any
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Status, JSON with exact numbers (text where it is none), headers. `resource` may have an id behind it."""
        base = self.server.base(api or RESOURCES[resource.split("/")[0]][0])
        headers = {"Authorization": f"Bearer {self.token}"}
        given = {name.replace("__", "."): str(value) for name, value in params.items()}
        async with self.http.request(
            method, f"{base}/{resource}", params=given, headers=headers, json=json, allow_redirects=False
        ) as answer:
            body = await answer.read()
            try:
                data = text.loads(body, parse_float=Decimal) if body else None
            except ValueError:
                data = body
            return answer.status, data, dict(answer.headers)

    async def get(self, resource: str, **params: Any) -> Any:
        status, data, _ = await self.ask("GET", resource, **params)
        assert status in (200, 206), data
        return data


@asynccontextmanager
async def stand_in(url: str, version: int = 4) -> AsyncIterator[Client]:
    """The stand-in over a ledger with the world of the contract, and somebody who asks it."""
    async with ledger(url) as furnished, aiohttp.ClientSession() as http:
        server = Tmf(furnished.billing, version=version, now=ticking())
        await server.start()
        client = Client(server, http)
        await client.sign_in()
        yield client
        await server.stop()
