"""The settings of TM Forum: what an operator's words mean, and which setting is wrong without a word of its value."""

import pytest

from billing.base import Kind, Scheme, Status, Way
from billing.tmf_settings import SETTINGS, Part, key, setup

URL = "https://tmf.example/accountManagement/v4"


def read(**values: str):  # type: ignore[no-untyped-def]
    return setup({"TMF_ACCOUNT_URL": URL, **values})


def test_one_address_is_enough() -> None:
    made = read()
    assert (dict(made.urls), made.login, made.modern) == ({"account": URL}, None, frozenset())
    assert (made.night, made.connections, made.timeout, made.fresh) == (4, 16, 5, 3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TMF_ACCOUNT_URL", ""),
        ("TMF_ACCOUNT_URL", "ftp://secret-value"),
        ("TMF_BILL_URL", "https://user:secret-value@tmf.example"),
        ("TMF_BILL_URL", "https://tmf.example/?secret-value"),
        ("TMF_USAGE_URL", "https://secret-value.example"),  # without the products
        ("TMF_V5", "bill, secret-value"),
        ("TMF_TOKEN_URL", "secret-value"),
        ("TMF_CREDENTIALS", "{secret-value"),
        ("TMF_CREDENTIALS", '{"secret-value": {"authorization": "x"}}'),
        ("TMF_CREDENTIALS", '{"bill": {"token_url": "secret-value", "client_id": "x"}}'),
        ("TMF_CREDENTIALS", '{"bill": {"client_id": "secret-value"}}'),
        ("TMF_CREDENTIALS", '{"bill": {"authorization": 5}, "x": "secret-value"}'),
        ("TMF_AUTHORIZATION", "secret-value\r\nx: y"),
        ("TMF_ISSUER", "secret-value"),
        ("TMF_BALANCES", "secret-value"),
        ("TMF_BALANCES", "x=secret-value"),
        ("TMF_USAGE", "x=secret-value"),
        ("TMF_STATUS", "product:secret-value=on"),
        ("TMF_STATUS", "secret-value=active"),
        ("TMF_STATUS", "payment:secret-value=blocked"),
        ("TMF_KINDS", "x=secret-value"),
        ("TMF_SCHEME", "secret-value"),
        ("TMF_SCHEME", "advance, x=secret-value"),
        ("TMF_ZONE", "Europe/secret-value"),
        ("TMF_ZONE", "Europe/Moscow, x=secret-value"),
        ("TMF_CURRENCY", "secret-value"),
        ("TMF_REACHES", "phone, secret-value"),
        ("TMF_NIGHT", "24"),
        ("TMF_TIMEOUT", "secret-value"),
        ("TMF_FRESH", "nan"),
    ],
)
def test_what_is_wrong_is_named_and_never_repeated(name: str, value: str) -> None:
    others = {"TMF_LOGIN_CLIENT_ID": "saldo", "TMF_CLIENT_ID": "saldo"}
    with pytest.raises(ValueError) as caught:
        setup({"TMF_ACCOUNT_URL": URL, **others, name: value})
    assert name in str(caught.value)
    assert "secret-value" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_sign_in_needs_its_client() -> None:
    with pytest.raises(ValueError, match="TMF_LOGIN_CLIENT_ID"):
        read(TMF_ISSUER="https://id.example")
    with pytest.raises(ValueError, match="TMF_LOGIN_SCOPE"):
        read(TMF_ISSUER="https://id.example", TMF_LOGIN_CLIENT_ID="saldo", TMF_LOGIN_SCOPE="profile")
    with pytest.raises(ValueError, match="TMF_CLIENT_ID"):
        read(TMF_TOKEN_URL="https://id.example/token")


def test_apis_may_have_credentials_of_their_own() -> None:
    made = read(
        TMF_TOKEN_URL="https://id.example/token",
        TMF_CLIENT_ID="saldo",
        TMF_CREDENTIALS='{"bill": {"authorization": "Basic x"}, "usage": {"token_url": "https://id.example/other", '
        '"client_id": "other"}}',
    )
    asked = {api: (one.token_url, one.client_id, one.authorization) for api, one in made.credentials.items()}
    assert asked["account"] == ("https://id.example/token", "saldo", "")
    assert asked["bill"] == ("", "", "Basic x")
    assert asked["usage"] == ("https://id.example/other", "other", "")
    assert "Basic" not in repr(made)


def test_the_operators_words_win_over_the_usual_ones() -> None:
    rules = read(
        TMF_BALANCES="Счёт абонента=own, receivable balance=-own",
        TMF_USAGE="Вызываемый=called, MB=bytes",
        TMF_STATUS="product:suspended=blocked-debt, payment:Проведён=credited",
        TMF_KINDS="сотка=internet, интернет=mobile",
        TMF_SCHEME="credit, business=advance",
        TMF_REACHES="email",
    ).rules
    assert rules.balances[key("счёт_абонента")] is Part.OWN
    assert rules.balances[key("ReceivableBalance")] is Part.LESS
    assert rules.balances[key("deposit balance")] is Part.OWN
    assert (rules.usage[key("вызываемый")], rules.usage[key("mb")]) == ("called", "bytes")
    assert rules.state("product", " SUSPENDED") == Status.BLOCKED_DEBT
    assert rules.state("payment", "проведён") == "credited"
    assert rules.state("payment", "somethingNew") is None
    assert rules.kinds[:2] == (("сотка", Kind.INTERNET), ("интернет", Kind.MOBILE))
    assert (rules.scheme, rules.schemes["business"], rules.schemes["prepaid"]) == (
        Scheme.CREDIT,
        Scheme.ADVANCE,
        Scheme.ADVANCE,
    )
    assert rules.ways == {Way.EMAIL}


def test_a_zone_by_the_region_else_by_the_longest_beginning_of_the_number() -> None:
    rules = read(TMF_ZONE="Europe/Moscow, Камчатский край=Asia/Kamchatka, 00*=Asia/Omsk, 0041*=Asia/Yakutsk").rules
    assert rules.zone_of("77", "") == "Europe/Moscow"
    assert rules.zone_of("77", " камчатский Край") == "Asia/Kamchatka"
    assert rules.zone_of("0012", "Нигде") == "Asia/Omsk"
    assert rules.zone_of("0041", "") == "Asia/Yakutsk"


def test_secrets_are_marked() -> None:
    secret = {one.name for one in SETTINGS if one.secret}
    assert secret == {"TMF_CLIENT_SECRET", "TMF_CREDENTIALS", "TMF_AUTHORIZATION", "TMF_LOGIN_CLIENT_SECRET"}
