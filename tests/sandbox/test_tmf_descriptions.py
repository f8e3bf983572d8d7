"""What the TM Forum stand-in tells is what TM Forum's published descriptions describe.

The descriptions lie beside the checkout, or where TMF_SPECIFICATIONS says; without them there is nothing to compare.
They are read strictly: a field that a description does not have is a mistake of ours, and so is a date without offset.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from jsonschema import Draft202012Validator, FormatChecker

from sandbox.openid import userinfo
from sandbox.tmf import APIS, EVENTS, RESOURCES
from sandbox.tmf_rows import Json
from tests.contract.billing_suite import WORLD
from tests.sandbox.tmf_client import Client, stand_in

BESIDE = Path(__file__).parents[2].parent / "shared" / "billing" / "tmf"
FOLDER = Path(os.environ.get("TMF_SPECIFICATIONS", BESIDE))
FILES = {
    "customer": ("TMF629-*v4*", "TMF629-*v5*"),
    "usage": ("TMF635-*v4*", ""),
    "product": ("TMF637-*v4*", "TMF637-*v5*"),
    "prepay": ("TMF654-*v4*", ""),
    "account": ("TMF666-*v4*", "TMF666-*v5*"),
    "payment": ("TMF676-*v4*", ""),
    "consumption": ("TMF677-*v4*", "TMF677-*v5*"),
    "bill": ("TMF678-*v4*", "TMF678-*v5*"),
    "openid": ("TMF691-*v4*", ""),
}
# In v4 a Money and a Quantity have no fields that are required, and so say nothing; here they must have both.
WHOLE = {"Money": ["unit", "value"], "Quantity": ["amount", "units"]}

pytestmark = pytest.mark.skipif(
    not any(FOLDER.glob("TMF*")), reason="TM Forum's published descriptions are not beside the checkout"
)
checker = FormatChecker(formats=())


@checker.checks("date-time", raises=ValueError)
def _moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@cache
def described(api: str, version: int) -> Json:
    """The schemas of one description under `$defs`, read strictly."""
    import yaml

    [file] = FOLDER.glob(FILES[api][version - 4])
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".json":
        schemas = json.loads(text)["definitions"]
    else:
        schemas = yaml.load(text, Loader=yaml.CSafeLoader)["components"]["schemas"]
    for name, required in WHOLE.items():
        if name in schemas:
            schemas[name]["required"] = required
    return {name: strict(schema, schemas) for name, schema in schemas.items()}


def strict(schema: Any, schemas: Json) -> Any:
    """The schema as JSON Schema 2020-12: no field beside the described ones, and a kind of a thing may be more special
    than the place says, as its discriminator lists. Two alternatives that look alike are no contradiction."""
    if isinstance(schema, list):
        return [strict(one, schemas) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return place(schema["$ref"].split("/")[-1], schemas)
    made = {name: strict(one, schemas) for name, one in schema.items() if name not in ("discriminator", "example")}
    if "oneOf" in made:
        made["anyOf"] = made.pop("oneOf")
    if "allOf" in made:
        # What is inherited is no place: there the fields of the heir follow.
        made["allOf"] = [
            {"$ref": f"#/$defs/{given['$ref'].split('/')[-1]}"} if "$ref" in given else part
            for given, part in zip(schema["allOf"], made["allOf"], strict=True)
        ]
    return made


def place(name: str, schemas: Json) -> Json:
    kinds = {
        ref.split("/")[-1]
        for ref in schemas[name].get("discriminator", {}).get("mapping", {}).values()
        if ref.split("/")[-1] in schemas
    }
    closed = (
        {} if schemas[name].get("type", "object") != "object" or name == "Any" else {"unevaluatedProperties": False}
    )
    return {"anyOf": [{"$ref": f"#/$defs/{kind}"} for kind in sorted(kinds | {name})], **closed}


def faults(api: str, version: int, name: str, value: Any) -> list[str]:
    """What the description finds wrong with it."""
    schemas = described(api, version)
    schema = {
        "$defs": schemas,
        **({"unevaluatedProperties": False} if name != "Error" else {}),
        "$ref": f"#/$defs/{name}",
    }
    found = Draft202012Validator(schema, format_checker=checker).iter_errors(value)
    return [f"{name}{error.json_path[1:]}: {error.message[:300]}" for error in found] + kinds_of(value, schemas)


def kinds_of(value: Any, schemas: Json) -> list[str]:
    """Every `@type` that the description does not know."""
    if isinstance(value, list):
        return [fault for one in value for fault in kinds_of(one, schemas)]
    if not isinstance(value, dict):
        return []
    own = value.get("@type")
    unknown = [f"@type {own}"] if own is not None and own not in schemas else []
    return unknown + [fault for one in value.values() for fault in kinds_of(one, schemas)]


@pytest.fixture(params=[4, 5])
async def client(request: pytest.FixtureRequest, sqlite_url: str) -> AsyncIterator[Client]:
    async with stand_in(sqlite_url, request.param) as client:
        yield client


async def test_every_record_is_described(client: Client) -> None:
    for resource, (api, _) in RESOURCES.items():
        found = await client.get(resource, limit=1000)
        assert found, resource
        kind = resource[0].upper() + resource[1:]
        for row in found:
            # JSON Schema has no exact numbers.
            assert faults(api, client.server.speaks(api), kind, json.loads(json.dumps(row, default=float))) == []
            assert row["href"].startswith("http")


async def test_what_is_posted_is_answered_as_described(client: Client) -> None:
    version = client.server.speaks("consumption")
    who = {"@type": "PartyAccountRef", "id": "A1"}
    criteria = {"@type": "UsageConsumptionReport", "partyAccount": [who]}
    asked = {"@type": "QueryUsageConsumption", "searchCriteria": criteria}
    status, data, _ = await client.ask("POST", "queryUsageConsumption", json=asked)
    assert status == 201
    assert faults("consumption", version, "QueryUsageConsumption", json.loads(json.dumps(data, default=float))) == []
    for api in APIS:
        status, data, _ = await client.ask(
            "POST", "hub", api=api, json={"callback": "http://127.0.0.1:9/x", "query": "", "@type": "Hub"}
        )
        assert status == 201
        kind = "Hub" if client.server.speaks(api) == 5 else "EventSubscription"
        assert faults(api, client.server.speaks(api), kind, data) == []


async def test_errors_are_described(client: Client) -> None:
    for api, resource in (("account", "billingAccount/404"), ("bill", "customerBill/404")):
        status, data, _ = await client.ask("GET", resource)
        assert (status, faults(api, client.server.speaks(api), "Error", data)) == (404, [])


async def test_events_are_described(client: Client) -> None:
    async with listening() as (address, heard):
        for api in APIS:
            await client.ask("POST", "hub", api=api, json={"callback": address, "@type": "Hub"})
        for kind, (api, name, _) in EVENTS.items():
            if kind == "bill" and client.server.speaks(api) == 4:
                continue  # v4 describes no event of a bill
            assert await client.server.announce("A1", kind) == [204]
            event = heard.pop()
            schemas = described(api, client.server.speaks(api))
            assert name in schemas
            resource = event.pop("payload" if "payload" in event else "event")
            assert list(resource) == [EVENTS[kind][2]]
            event.pop("fieldPath", None)
            known = schemas[name].get("properties") or fields(schemas["Event"], schemas)
            assert event.keys() <= {*known, "@type"}


def fields(schema: Json, schemas: Json) -> set[str]:
    """The names of all fields, inherited ones too."""
    if "$ref" in schema:
        return fields(schemas[schema["$ref"].split("/")[-1]], schemas)
    inherited = [fields(one, schemas) for one in schema.get("allOf", ())]
    return set(schema.get("properties", ())).union(*inherited)


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[str, list[Json]]]:
    heard: list[Json] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append(await request.json())
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/secret", hear)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/secret", heard
    await runner.cleanup()


@pytest.mark.parametrize("as_customer", [False, True])
def test_who_signed_in_is_described(as_customer: bool) -> None:
    told = userinfo("anna", WORLD.accounts[:2], as_customer)
    assert faults("openid", 4, "Userinfo", told) == []


@pytest.mark.parametrize("version", [4, 5])
def test_a_mistake_would_be_found(version: int) -> None:
    kind = {"@type": "BillingAccount"} if version == 5 else {}
    party = {"id": "1", "name": "", "@referredType": "Individual"}
    if version == 5:
        party = {"@type": "RelatedPartyRefOrPartyRoleRef", "partyOrPartyRole": {"@type": "PartyRef", "id": "1"}}
    good = {**kind, "id": "1", "name": "2", "relatedParty": [party]}
    assert faults("account", version, "BillingAccount", good) == []
    for wrong in (
        {"lastUpdated": "2026-11-22T09:00:00+00:00"},
        {"lastModified" if version == 4 else "lastUpdate": "2026-11-22T09:00:00"},
        {"creditLimit": {"units": "RUB", "amount": 1}},
        {"creditLimit": {"unit": "RUB", "value": "1"}},
        {"accountBalance": {}},
        {"@type": "BillingAcount"},
    ):
        assert faults("account", version, "BillingAccount", {**good, **wrong}), wrong
