"""Subscription filters, term by term."""

from __future__ import annotations

import pytest

from localcloud.api import ApiError
from localcloud.pubsub.filters import compiled

_ATTRIBUTES = {"kind": "Patient", "iana.org/lang": "en"}


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ('attributes.kind = "Patient"', True),
        ('attributes.kind="Other"', False),
        ('attributes.kind != "Other"', True),
        ("attributes:kind", True),
        ("attributes:none", False),
        ("NOT attributes:none", True),
        ("-attributes:kind", False),
        ('hasPrefix(attributes.kind, "Pat")', True),
        ('hasPrefix(attributes.none, "P")', False),
        ('attributes."iana.org/lang" = "en"', True),
        ('attributes.kind="x" OR attributes.kind="Patient"', True),
        ("(attributes:kind AND attributes:none) OR attributes:kind", True),
    ],
)
def test_fits(text: str, fits: bool) -> None:
    assert compiled(text)(_ATTRIBUTES) is fits


@pytest.mark.parametrize(
    "text",
    [
        "attributes",
        "attributes.kind =",
        'kind = "x"',
        "attributes.kind = x",
        "(attributes:a",
        "attributes:a AND attributes:b OR attributes:c",
        "attributes:a attributes:b",
        "x" * 300,
    ],
)
def test_a_bad_filter_is_400(text: str) -> None:
    with pytest.raises(ApiError) as error:
        compiled(text)
    assert error.value.code == 400
