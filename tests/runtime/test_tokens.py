"""The token endpoint and bearer tokens, as an attacker tries them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from runtime.db.clients import Clients
from runtime.tokens.assertion import KeySetError, check_key_set
from runtime.tokens.throttle import LIMIT
from tests.runtime.http import Http
from tests.runtime.world import World, make_settings


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def claims(token: str) -> dict[str, Any]:
    text = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def refused(http: Http, token: str) -> None:
    answer = http.get("/fhir/Patient/a", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401, answer.text
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_a_token_is_bound_to_tenant_audience_and_key_version() -> None:
    world = World()
    with world.client(None) as http:
        body = world.ask(http, world.assertion(), scope="system/Patient.rs").json()
        header = json.loads(base64.urlsafe_b64decode(body["access_token"].split(".")[0] + "=="))
    assert body["token_type"] == "bearer" and body["expires_in"] == 300
    assert header == {"alg": "ES256", "kid": "1", "typ": "at+jwt"}
    found = claims(body["access_token"])
    assert (found["iss"], found["aud"]) == (
        "https://riverside.example.org",
        "https://riverside.example.org/fhir",
    )
    assert (found["tenant"], found["scope"]) == ("riverside", "system/Patient.rs")


def test_another_tenants_token_is_refused() -> None:
    world, other = World(), World(settings=make_settings("lakeside"))
    with other.client(None) as http:
        token = other.token(http)
    with world.client(None) as http:
        refused(http, token)


def test_another_tenants_key_with_our_claims_is_refused() -> None:
    world, other = World(), World(settings=make_settings("lakeside"))
    with world.client(None) as http:
        mine = claims(world.token(http))
        foreign = ECKey.generate_key("P-256")
        refused(http, jwt.encode({"alg": "ES256", "kid": "1", "typ": "at+jwt"}, mine, foreign))
    assert other.settings.tenant == "lakeside"


@pytest.mark.parametrize(
    "name, value", [("tenant", "lakeside"), ("aud", "https://x/fhir"), ("iss", "https://x")]
)
def test_claims_of_another_tenant_signed_by_our_key_are_refused(name: str, value: str) -> None:
    world = World()
    with world.client(None) as http:
        mine = claims(world.token(http))
        refused(http, sign(world, {**mine, name: value}))


def test_an_expired_token_is_refused() -> None:
    world = World()
    with world.client(None) as http:
        mine = claims(world.token(http))
        refused(http, sign(world, {**mine, "iat": 1, "exp": int(time.time()) - 1}))


def test_algorithm_none_is_refused() -> None:
    world = World()
    with world.client(None) as http:
        mine = claims(world.token(http))
        for alg in ("none", "None", "NONE", "nOnE"):
            refused(http, f"{part({'alg': alg, 'kid': '1', 'typ': 'at+jwt'})}.{part(mine)}.")


def test_a_public_key_is_not_taken_for_a_shared_secret() -> None:
    world = World()
    with world.client(None) as http:
        mine = claims(world.token(http))
        pem = world.kms.public_keys(world.settings.token_key)[0].pem
        for key in (pem, pem.strip(), json.dumps(http.get("/auth/jwks").json()["keys"][0])):
            signed = f"{part({'alg': 'HS256', 'kid': '1', 'typ': 'at+jwt'})}.{part(mine)}"
            mac = hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()
            refused(http, f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}")


@pytest.mark.parametrize(
    "extra",
    [
        {"kid": "2"},
        {"kid": "../1"},
        {"kid": 1},
        {"kid": None},
        {"kid": ["1"]},
        {"jku": "https://evil/jwks"},
        {"x5u": "https://evil"},
        {"crit": ["exp"]},
        {"typ": "JWT"},
        {"jwk": {"kty": "EC"}},
    ],
)
def test_headers_that_point_elsewhere_are_refused(extra: dict[str, Any]) -> None:
    world = World()
    with world.client(None) as http:
        mine = claims(world.token(http))
        refused(http, sign(world, mine, **extra))


@pytest.mark.parametrize("token", ["", "x", "a.b", "a.b.c", "..", "e30.e30.e30", "é.é.é", "a" * 20000])
def test_what_is_no_token_is_refused(token: str) -> None:
    with World().client(None) as http:
        answer = http.get("/fhir/Patient/a", headers=[(b"authorization", b"Bearer " + token.encode())])
        assert answer.status_code == 401
        assert http.get("/fhir/Patient/a").status_code == 401
        assert http.get("/fhir/Patient/a", headers={"Authorization": "Basic eA=="}).status_code == 401


def test_a_disabled_key_version_no_longer_verifies() -> None:
    world = World()
    with world.client(None) as http:
        token = world.token(http)
        world.kms.add_version(world.settings.token_key)
        world.kms.disabled.add(f"{world.settings.token_key}/cryptoKeyVersions/1")
    with world.client(None) as http:
        refused(http, token)
        assert json.loads(base64.urlsafe_b64decode(world.token(http).split(".")[0] + "=="))["kid"] == "2"


def test_an_assertion_is_good_once() -> None:
    world = World()
    with world.client(None) as http:
        assertion = world.assertion()
        assert world.ask(http, assertion).status_code == 200
        again = world.ask(http, assertion)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "https://lakeside.example.org/auth/token"},
        {"aud": None},
        {"exp": None},
        {"jti": None},
        {"sub": "other"},
        {"exp": int(time.time()) + 86400},
        {"exp": int(time.time()) - 10},
        {"exp": "soon"},
        {"iss": None},
        {"jti": 5},
        {"nbf": int(time.time()) + 86400},
        {"jti": "x" * 300},
    ],
)
def test_a_wrong_assertion_is_refused(change: dict[str, Any]) -> None:
    world = World()
    with world.client(None) as http:
        answer = world.ask(http, world.assertion(**change))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["cache-control"] == "no-store"


def test_an_unknown_client_is_refused_like_a_wrong_key() -> None:
    world = World()
    with world.client(None) as http:
        unknown = world.ask(http, world.assertion("nobody"))
        wrong = world.ask(http, world.assertion(key=ECKey.generate_key("P-256", {"kid": "k1"})))
    assert unknown.status_code == wrong.status_code == 401
    assert unknown.json() == wrong.json()


def test_only_asymmetric_algorithms_authenticate() -> None:
    world = World()
    pem = world.key.as_pem(private=False)
    hs256 = jwt.encode({"alg": "HS256", "kid": "k1"}, {"iss": "app"}, OctKey.import_key(b"x" * 32))
    none = f"{part({'alg': 'none', 'kid': 'k1'})}.{part({'iss': 'app', 'sub': 'app'})}."
    with world.client(None) as http:
        assert world.ask(http, hs256).status_code == 401
        assert world.ask(http, none).status_code == 401
    assert pem


@pytest.mark.parametrize("kind, alg", [("P-384", "ES384"), ("RSA", "RS384")])
def test_es384_and_rs384_authenticate(kind: str, alg: str) -> None:
    world = World()
    key = (
        RSAKey.generate_key(2048, {"kid": "k2"}) if kind == "RSA" else ECKey.generate_key(kind, {"kid": "k2"})
    )
    Clients(world.engine).add("second", {"keys": [key.as_dict(private=False)]}, "system/*.rs")
    now = int(time.time())
    body = {
        "iss": "second",
        "sub": "second",
        "aud": "https://riverside.example.org/auth/token",
        "exp": now + 60,
        "jti": "1",
    }
    with world.client(None) as http:
        assert (
            world.ask(http, jwt.encode({"alg": alg, "kid": "k2"}, body, key, algorithms=[alg])).status_code
            == 200
        )


def test_many_failures_make_the_client_wait() -> None:
    world = World()
    with world.client(None) as http:
        for _ in range(LIMIT):
            assert world.ask(http, world.assertion(aud="x")).status_code == 401
        answer = world.ask(http, world.assertion())
    assert answer.status_code == 429 and int(answer.headers["retry-after"]) > 0


def test_a_revoked_client_gets_no_token_and_loses_its_own() -> None:
    world = World()
    with world.client(None) as http:
        token = world.token(http)
        Clients(world.engine).revoke("app")
        assert world.ask(http, world.assertion()).status_code == 401
    with world.client(None) as http:
        refused(http, token)


def test_scopes_are_cut_to_what_is_registered() -> None:
    world = World()
    world.add_client("reader", "system/Patient.rs system/Observation.r")
    with world.client(None) as http:
        for asked, granted in (
            ("system/*.cruds", "system/Observation.r system/Patient.rs"),
            ("system/Patient.read", "system/Patient.rs"),
            ("system/Patient.cruds", "system/Patient.rs"),
        ):
            assert world.ask(http, world.assertion("reader"), scope=asked).json()["scope"] == granted
        for wrong in (
            "system/Encounter.r",
            "user/Patient.rs",
            "system/Patient.sr",
            "system/Nothing.r",
            "openid",
        ):
            answer = world.ask(http, world.assertion("reader"), scope=wrong)
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_oauth_errors_are_rfc_6749() -> None:
    world = World()
    with world.client(None) as http:
        grant = http.post("/auth/token", data={"grant_type": "password"})
        media = http.post("/auth/token", json={})
        twice = http.post(
            "/auth/token",
            content="grant_type=a&grant_type=b",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
    assert grant.json()["error"] == "unsupported_grant_type"
    assert media.json()["error"] == twice.json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    "jwks",
    [
        {},
        [],
        {"keys": []},
        {"keys": [{"kty": "oct", "k": "eA", "kid": "1"}]},
        {"keys": [{"kty": "EC", "kid": "1"}]},
        {"keys": [ECKey.generate_key("P-256", {"kid": "1"}).as_dict(private=True)]},
        {"keys": [ECKey.generate_key("P-521", {"kid": "1"}).as_dict(private=False)]},
        {
            "keys": [
                {
                    "kty": "RSA",
                    "n": base64.urlsafe_b64encode(b"\xff" * 128).decode().rstrip("="),
                    "e": "AQAB",
                    "kid": "1",
                }
            ]
        },
    ],
)
def test_a_key_set_that_must_not_be_registered(jwks: Any) -> None:
    with pytest.raises(KeySetError):
        check_key_set(jwks)


def test_the_jwks_verifies_tokens() -> None:
    world = World()
    with world.client(None) as http:
        token, jwks = world.token(http), http.get("/auth/jwks").json()
    assert "d" not in jwks["keys"][0]
    jwt.decode(token, ECKey.import_key(jwks["keys"][0]), algorithms=["ES256"])
    pem = world.kms.public_keys(world.settings.token_key)[0].pem
    assert isinstance(load_pem_public_key(pem.encode()), ec.EllipticCurvePublicKey)


def sign(world: World, body: dict[str, Any], **header: Any) -> str:
    """A token signed by the tenant's real key: only its content is wrong."""
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    head = {"alg": "ES256", "kid": "1", "typ": "at+jwt", **header}
    signed = f"{part(head)}.{part(body)}"
    name = f"{world.settings.token_key}/cryptoKeyVersions/1"
    r, s = decode_dss_signature(world.kms.sign(name, hashlib.sha256(signed.encode()).digest()))
    signature = base64.urlsafe_b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"{signed}.{signature.rstrip(b'=').decode()}"


def nested(levels: int) -> str:
    return base64.urlsafe_b64encode(b'{"iss":' + b"[" * levels).rstrip(b"=").decode()


def test_a_token_nested_too_deeply_is_refused_like_any_other() -> None:
    world = World()
    with world.client(None) as http:
        for token in (f"{nested(6000)}.e30.x", f"{part({'alg': 'ES256', 'typ': 'at+jwt'})}.{nested(6000)}.x"):
            refused(http, token)
            assert world.ask(http, token).json()["error"] == "invalid_client"


@pytest.mark.parametrize("client_id", ["\0", "app\0", "\ud800", "' OR '1'='1", "a" * 129, ""])
def test_what_is_no_client_id_never_reaches_the_database(client_id: str) -> None:
    world = World()
    with world.client(None) as http:
        answer = world.ask(http, f"{part({'alg': 'ES256'})}.{part({'iss': client_id})}.x")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("jti", ["\0", "a\nb", "ä", "a" * 256])
def test_a_jti_is_printable_ascii(jti: str) -> None:
    world = World()
    with world.client(None) as http:
        answer = world.ask(http, world.assertion(jti=jti))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
