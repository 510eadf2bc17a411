"""A project with its services switched on and Google's identities in it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import organizations, projects

from infra.identity.agents import AgentsArgs, ServiceAgents


@dataclass(frozen=True)
class ProjectArgs:
    """Under `folder` or else `organization`. `retained`: survives destroy, as what is locked in it does."""

    project: str
    services: tuple[str, ...]
    agents: tuple[str, ...] = ()
    folder: pulumi.Input[str] | None = None
    organization: str | None = None
    billing_account: str | None = None
    protected: bool = True
    retained: bool = False


class Project(pulumi.ComponentResource):
    """`ready` is what everything in the project waits for."""

    project: pulumi.Output[str]
    number: pulumi.Output[str]
    agents: dict[str, pulumi.Output[str]]
    ready: list[pulumi.Resource]

    def __init__(self, name: str, args: ProjectArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:organization:Project", name, {}, opts)
        project = organizations.Project(
            name,
            project_id=args.project,
            name=args.project,
            folder_id=args.folder,
            org_id=args.organization,
            billing_account=args.billing_account,
            auto_create_network=False,
            deletion_policy="PREVENT" if args.protected else "DELETE",
            opts=pulumi.ResourceOptions(
                parent=self, protect=args.protected, retain_on_delete=args.retained or None
            ),
        )
        self.project, self.number = project.project_id, project.number
        self.ready = [self._service(name, service) for service in args.services]
        agents = AgentsArgs(self.project, args.agents, tuple(self.ready))
        self.agents = ServiceAgents(f"{name}-agents", agents, pulumi.ResourceOptions(parent=self)).members
        self.register_outputs({"project": self.project, "number": self.number})

    def _service(self, name: str, service: str) -> projects.Service:
        return projects.Service(
            f"{name}-{service}",
            project=self.project,
            service=f"{service}.googleapis.com",
            disable_on_destroy=False,
            opts=pulumi.ResourceOptions(parent=self),
        )
