"""Routes compiled from discovery documents."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.discovery import Method, document
from localcloud.ports import APIS
from localcloud.routing import Router, router, template_segments

METHODS = [m for api in APIS for version in api.versions for m in document(api.name, version).methods]
IDS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12)


@settings(max_examples=300)
@given(st.sampled_from(METHODS), st.data())
def test_a_path_made_from_a_template_leads_back_to_its_shape(method: Method, data: st.DataObject) -> None:
    segments, verb = template_segments(method)
    filled, values = [], []
    for part in segments:
        if part.startswith("{"):
            values.append(data.draw(IDS))
            part = quote(values[-1], safe="")
        filled.append(part)
    path = "/" + "/".join(filled) + (f":{verb}" if verb else "")
    match = router(method.api).match(method.verb, path)
    assert match is not None
    found = [value for part, value in zip(segments, match.segments, strict=True) if part.startswith("{")]
    assert found == values


@given(st.sampled_from([api.name for api in APIS]), st.text(max_size=60))
def test_no_path_breaks_the_router(api: str, path: str) -> None:
    router(api).match("GET", quote(path, safe="/:"))


@pytest.mark.parametrize(
    ("api", "verb", "path", "method", "name"),
    [
        ("logging", "GET", "/v2/projects/p/sinks/s", "logging.projects.sinks.get", "projects/p/sinks/s"),
        (
            "sqladmin",
            "POST",
            "/sql/v1beta4/projects/p/instances/i/clone",
            "sql.instances.clone",
            "projects/p/instances/i",
        ),
        ("storage", "PUT", "/storage/v1/b/bucket/iam", "storage.buckets.setIamPolicy", "b/bucket"),
        ("storage", "GET", "/storage/v1/b/bucket/o/a%2Fb", "storage.objects.get", "b/bucket/o/a/b"),
        ("storage", "POST", "/upload/storage/v1/b/bucket/o", "storage.objects.insert", "b/bucket/o"),
        (
            "pubsub",
            "POST",
            "/v1/projects/p/topics/t:publish",
            "pubsub.projects.topics.publish",
            "projects/p/topics/t",
        ),
        (
            "compute",
            "GET",
            "/compute/v1/projects/p/global/networks/n",
            "compute.networks.get",
            "projects/p/global/networks/n",
        ),
    ],
)
def test_method_and_name(api: str, verb: str, path: str, method: str, name: str) -> None:
    match = router(api).match(verb, path)
    assert match is not None
    assert (match.method.id, match.name) == (method, name)


@pytest.mark.parametrize(
    "path", ["/", "", "/v9/projects/p", "/v1/projects//topics/t", "/v1/projects/p/topics/"]
)
def test_what_is_no_path_of_the_api_leads_nowhere(path: str) -> None:
    assert router("pubsub").match("GET", path) is None


def test_a_rest_variable_takes_all_that_follows() -> None:
    rest = Method(
        "x", "", "x.files.get", "GET", "files/{path...}", "files/{path...}", None, None, None, 0, 1000
    )
    match = Router([rest]).match("GET", "/files/a/b%20c")
    assert match is not None
    assert match.params["path"] == "a/b c"
