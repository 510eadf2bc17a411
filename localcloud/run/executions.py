"""Running a job to its end: tasks one after another, each with its retries."""

from __future__ import annotations

import random
import string
import subprocess
import time
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from localcloud import process
from localcloud.api import Json
from localcloud.cloud import Cloud
from localcloud.run import bodies, containers, environment
from localcloud.run.identity import project_of, service_account
from localcloud.run.logfile import open_log
from localcloud.run.logs import LogTail, job_resource
from localcloud.run.manager import API, manager
from localcloud.run.revision import tail
from localcloud.run.services import main_container, seconds
from localcloud.timestamps import stamp

_TIMEOUT = 600.0


@dataclass
class Counts:
    succeeded: int = 0
    failed: int = 0
    retried: int = 0


def overridden(template: Json, overrides: Json) -> Json:
    """The task template with `overrides` of a run: arguments, environment, timeout."""
    task = dict(template.get("template") or {})
    own = dict(main_container(task))
    for change in overrides.get("containerOverrides") or []:
        if change.get("name") in (None, "", own.get("name")):
            own |= {"args": change["args"]} if change.get("args") else {}
            own |= {"args": []} if change.get("clearArgs") else {}
            own["env"] = [*(own.get("env") or []), *(change.get("env") or [])]
    task["containers"] = [own]
    task |= {"timeout": overrides["timeout"]} if overrides.get("timeout") else {}
    count = overrides.get("taskCount") or template.get("taskCount") or 1
    return {**template, "template": task, "taskCount": count}


def execution_name(job: str) -> str:
    return f"{job}-{''.join(random.choices(string.ascii_lowercase + string.digits, k=5))}"


class Run:
    """One execution of a job."""

    def __init__(self, cloud: Cloud, job: Json, overrides: Json, name: str | None = None) -> None:
        self.cloud, self.job = cloud, job
        self.short = name or execution_name(job["name"].rpartition("/")[2])
        self.template = overridden(job["template"], overrides)
        self.task: Json = self.template["template"]
        self.log = cloud.settings.home / "run" / f"{job['name'].rpartition('/')[2]}.log"
        self.counts = Counts()
        self.begun = cloud.clock.now()
        self._output = ""

    @property
    def name(self) -> str:
        return f"{self.job['name']}/executions/{self.short}"

    def run(self) -> str | None:
        """All tasks to their end; None, or the last lines of the one that failed."""
        tail_of = LogTail(self.cloud, self.log, job_resource(self.job["name"]), project_of(self.job["name"]))
        self._store(None)
        failure = None
        for index in range(int(self.template["taskCount"])):
            failure = self._task(index) or failure
        tail_of.forward()
        self._store(failure or "")
        return failure

    def _task(self, index: int) -> str | None:
        retries = self.task.get("maxRetries")
        for attempt in range((3 if retries is None else int(retries)) + 1):
            failure = self._attempt(index, attempt)
            if failure is None:
                self.counts.succeeded += 1
                return None
            self.counts.retried += 1
        self.counts.retried -= 1
        self.counts.failed += 1
        return failure

    def _attempt(self, index: int, attempt: int) -> str | None:
        begin = self.log.stat().st_size if self.log.exists() else 0
        with open_log(self.log) as log:
            command = [*process.dies_with_parent("TERM"), *self._command()]
            child = process.spawn(command, env=self._environment(index, attempt), log=log, cwd=self._root())
        code = self._wait(child)
        if code == 0:
            return None
        reason = "did not end in time" if code is None else f"ended with exit code {code}"
        return f"{tail(self.log, begin)}\nTask {self.short}-task{index} {reason}."

    def _command(self) -> list[str]:
        return containers.command(self.cloud, main_container(self.task), [])

    def _root(self) -> Path:
        return self.cloud.settings.root

    def _environment(self, index: int, attempt: int) -> dict[str, str]:
        name = self.job["name"]
        email = service_account(self.cloud, name, self.task)
        fixed = {
            "CLOUD_RUN_JOB": name.rpartition("/")[2],
            "CLOUD_RUN_EXECUTION": self.short,
            "CLOUD_RUN_TASK_INDEX": str(index),
            "CLOUD_RUN_TASK_ATTEMPT": str(attempt),
            "CLOUD_RUN_TASK_COUNT": str(self.template["taskCount"]),
        }
        metadata = manager(self.cloud).metadata(name, email)
        return environment.build(self.cloud, name, email, main_container(self.task), fixed, metadata)

    def _wait(self, child: subprocess.Popen[bytes]) -> int | None:
        deadline = time.monotonic() + seconds(self.task.get("timeout"), _TIMEOUT)
        while (code := child.poll()) is None:
            if time.monotonic() > deadline:
                process.end_group(child, 3)
                return None
            time.sleep(0.02)
        # Whatever the task left in its group ends with it, as a container would.
        process.end_group(child, 0)
        return code

    def body(self, failure: str | None, now: datetime) -> Json:
        """The execution as a resource; `failure` is None while it runs and empty when it succeeded."""
        done = failure is not None
        found: Json = {
            "name": self.name,
            "uid": str(uuid.uuid4()),
            "generation": "1",
            "observedGeneration": "1",
            "job": self.job["name"].rpartition("/")[2],
            "creator": self.job["creator"],
            "etag": bodies.new_etag(),
            "createTime": stamp(self.begun),
            "startTime": stamp(self.begun),
            "updateTime": stamp(now),
            "launchStage": self.job["launchStage"],
            "taskCount": int(self.template["taskCount"]),
            "parallelism": int(self.template.get("parallelism") or 1),
            "template": self.task,
            "reconciling": not done,
            "runningCount": 0 if done else 1,
            "succeededCount": self.counts.succeeded,
            "failedCount": self.counts.failed,
            "retriedCount": self.counts.retried,
        }
        if done:
            found["completionTime"] = stamp(now)
            found["conditions"] = [bodies.condition("Completed", now, failure or None, "NON_ZERO_EXIT_CODE")]
        return found

    def reference(self, failure: str | None, now: datetime) -> Json:
        """`latestCreatedExecution` of the job."""
        status = "EXECUTION_FAILED" if failure else "EXECUTION_SUCCEEDED"
        return {
            "name": self.short,
            "createTime": stamp(self.begun),
            "completionTime": stamp(now),
            "completionStatus": status,
        }

    def _store(self, failure: str | None) -> None:
        if self.cloud.store.get(API, self.job["name"]) is not None:
            self.cloud.store.put(API, self.name, self.body(failure, self.cloud.clock.now()))
