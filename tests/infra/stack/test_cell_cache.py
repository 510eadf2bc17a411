from __future__ import annotations

import pytest

from infra.errors import ConfigError
from infra.stack import cell_cache
from tests.infra.engine import Declared
from tests.infra.stack.parts import cell_config, part


def test_a_cache_under_the_cells_key_that_waits_for_its_use() -> None:
    found = part(cell_config(cache="true"), lambda *given: cell_cache.build(*given) and None)
    redis = found.one("redis/instance:Instance")
    assert redis.inputs["name"] == "cell-frankfurt"
    assert redis.inputs["customerManagedKey"].endswith("/cryptoKeys/data")
    assert redis.inputs["transitEncryptionMode"] == "SERVER_AUTHENTICATION"
    assert "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember::cell-data-redis" in found.before(redis)


def test_a_cell_has_none_unless_asked(us: dict[str, Declared]) -> None:
    assert not us["us-cell"].of("redis/instance:Instance")


def test_a_cache_that_is_neither_wanted_nor_not() -> None:
    with pytest.raises(ConfigError, match="careplane:cache"):
        cell_config(cache="perhaps")
