"""Encryption: what goes in comes out, and nothing that was changed does."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localcloud.api import ApiError
from localcloud.cloud import Cloud
from tests.localcloud.clouds import local_cloud
from tests.localcloud.kms import keys

_SHARED = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with local_cloud(tmp_path_factory.mktemp("kms")) as made:
        keys.make_key(made)
        keys.make_key(made, "other")
        yield made


@_SHARED
@given(plain=st.binary(max_size=2000), additional=st.binary(max_size=200))
def test_decrypts_what_it_encrypted(cloud: Cloud, plain: bytes, additional: bytes) -> None:
    assert keys.decrypt(cloud, keys.encrypt(cloud, plain, additional), additional) == plain


@_SHARED
@given(plain=st.binary(max_size=100), data=st.data())
def test_refuses_a_ciphertext_with_one_changed_bit(cloud: Cloud, plain: bytes, data: st.DataObject) -> None:
    sealed = bytearray(base64.b64decode(keys.encrypt(cloud, plain)))
    position = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[position // 8] ^= 1 << position % 8
    with pytest.raises(ApiError, match="Decryption failed"):
        keys.decrypt(cloud, keys.b64(bytes(sealed)))


@_SHARED
@given(additional=st.binary(max_size=50), other=st.binary(max_size=50))
def test_refuses_other_additional_data(cloud: Cloud, additional: bytes, other: bytes) -> None:
    sealed = keys.encrypt(cloud, b"x", additional)
    if other != additional:
        with pytest.raises(ApiError, match="Decryption failed"):
            keys.decrypt(cloud, sealed, other)


def test_another_key_does_not_decrypt(cloud: Cloud) -> None:
    with pytest.raises(ApiError, match="Decryption failed"):
        keys.decrypt(cloud, keys.encrypt(cloud, b"x"), name="other")


@pytest.mark.parametrize("sealed", ["", keys.b64(b"short"), keys.b64(bytes(100))])
def test_nonsense_does_not_decrypt(cloud: Cloud, sealed: str) -> None:
    with pytest.raises(ApiError, match="Decryption failed"):
        keys.decrypt(cloud, sealed)


def test_too_large_a_plaintext_is_refused(cloud: Cloud) -> None:
    with pytest.raises(ApiError, match="65536"):
        keys.encrypt(cloud, bytes(65537))


def test_ciphertexts_differ_each_time(cloud: Cloud) -> None:
    assert len({keys.encrypt(cloud, b"same") for _ in range(20)}) == 20


def test_the_state_file_holds_no_plaintext(tmp_path: Path) -> None:
    with local_cloud(tmp_path) as made:
        keys.make_key(made)
        keys.encrypt(made, b"a very recognisable plaintext")
    assert b"recognisable" not in (tmp_path / "state.sqlite3").read_bytes()
