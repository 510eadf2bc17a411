from __future__ import annotations

from tests.infra.engine import declare_stack


def test_ci_signs_in_under_a_condition_and_without_keys() -> None:
    found = declare_stack("local-organization")
    provider = found.one("WorkloadIdentityPoolProvider")
    assert provider.inputs["attributeCondition"] == "assertion.ref == 'refs/heads/main'"
    assert not [each for each in found.resources if each.type.startswith("gcp:serviceaccount/key")]


def test_outputs_are_what_the_other_stacks_read() -> None:
    outputs = declare_stack("local-organization").outputs
    assert outputs["kind"] == "organization"
    assert outputs["accessPolicy"] == "1234"
    assert outputs["roles"]["careplane_audit_writer"] == "organizations/111/roles/careplane_audit_writer"
    assert outputs["operators"] == ["user:operator@careplane.test"]


def test_audit_writers_add_and_read_and_do_nothing_else() -> None:
    role = declare_stack("local-organization").one("IAMCustomRole", "roles-careplane_audit_writer")
    assert {each.rpartition(".")[2] for each in role.inputs["permissions"]} == {
        "create",
        "executeBundle",
        "get",
        "searchResources",
    }


def test_without_ci_there_is_no_pool() -> None:
    changes = {"careplane:ciIssuer": None, "careplane:ciCondition": None}
    assert not declare_stack("local-organization", changes=changes).of("WorkloadIdentityPool")
