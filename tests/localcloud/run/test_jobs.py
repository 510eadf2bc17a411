"""Jobs run to their end when they are asked to."""

from __future__ import annotations

import time

from tests.localcloud.run.conftest import LOCATION, CloudRun


def test_creating_a_job_does_not_run_it(run: CloudRun) -> None:
    job = run.job("lazy", run.template("print", "hello"))["response"]
    assert job["executionCount"] == 0 and job["terminalCondition"]["state"] == "CONDITION_SUCCEEDED"


def test_running_a_job_answers_with_the_finished_execution(run: CloudRun) -> None:
    job = run.job("hello", run.template("print", "hello"))["response"]
    done = run.call("POST", f"{job['name']}:run", {})
    execution = done["response"]
    assert execution["succeededCount"] == 1 and execution["conditions"][0]["state"] == "CONDITION_SUCCEEDED"
    assert run.call("GET", execution["name"])["completionTime"] == execution["completionTime"]
    after = run.call("GET", job["name"])
    assert after["executionCount"] == 1
    assert after["latestCreatedExecution"]["completionStatus"] == "EXECUTION_SUCCEEDED"


def test_overrides_replace_arguments_and_add_environment(run: CloudRun) -> None:
    job = run.job("over", run.template("exit", "1"))["response"]
    overrides = {
        "containerOverrides": [{"args": ["print", "word"], "env": [{"name": "EXTRA", "value": "added"}]}]
    }
    done = run.call("POST", f"{job['name']}:run", {"overrides": overrides})
    assert "error" not in done
    assert "word added" in (run.cloud.settings.home / "run" / "over.log").read_text()


def test_a_failing_execution_is_the_operations_error_with_the_last_lines(run: CloudRun) -> None:
    job = run.job("fails", run.template("exit", "4", maxRetries=1))["response"]
    done = run.call("POST", f"{job['name']}:run", {})
    assert "exit code 4" in done["error"]["message"] and "asked to fail" in done["error"]["message"]
    assert done["metadata"]["failedCount"] == 1 and done["metadata"]["retriedCount"] == 1
    assert run.call("GET", job["name"])["latestCreatedExecution"]["completionStatus"] == "EXECUTION_FAILED"


def test_a_new_token_runs_the_job_and_the_same_token_does_not(run: CloudRun) -> None:
    job = run.job("token", run.template("print", "x"), startExecutionToken="a")["response"]
    assert job["executionCount"] == 1 and job["latestCreatedExecution"]["name"] == "token-a"
    body = {"template": {"template": run.template("print", "y")}, "startExecutionToken": "a"}
    assert run.call("PATCH", job["name"], body)["response"]["executionCount"] == 1
    assert (
        run.call("PATCH", job["name"], body | {"startExecutionToken": "b"})["response"]["executionCount"] == 2
    )


def test_a_create_whose_execution_fails_leaves_no_job(run: CloudRun) -> None:
    done = run.job("gone", run.template("exit", "1"), runExecutionToken="a")
    assert "exit code 1" in done["error"]["message"]
    assert run.cloud.request("run", "GET", f"/v2/{LOCATION}/jobs/gone").status_code == 404


def test_a_task_that_takes_too_long_is_ended(run: CloudRun) -> None:
    job = run.job("slow", run.template("hang", timeout="1s"))["response"]
    begin = time.monotonic()
    done = run.call("POST", f"{job['name']}:run", {})
    assert "did not end in time" in done["error"]["message"] and time.monotonic() - begin < 20
