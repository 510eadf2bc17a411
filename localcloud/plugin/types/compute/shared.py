"""Networks that one project lends to others: https://cloud.google.com/vpc/docs/shared-vpc"""

from __future__ import annotations

from localcloud.plugin.iam import Policies, member
from localcloud.plugin.kinds import Json, Kind, local
from localcloud.plugin.types.compute.base import REGION, Compute


class SharedHost(Compute):
    """A project that lends its networks."""

    def insert(self, values: Json) -> Json:
        return self.done(
            self.client.call(self.kind.api, "POST", self.fill("{project}/enableXpnHost", _project(values))),
            values,
        )

    def fetch(self, values: Json) -> Json | None:
        found = super().fetch(values)
        return found if found and found.get("xpnProjectStatus") == "HOST" else None

    def remove(self, values: Json) -> None:
        self.done(
            self.client.call(self.kind.api, "POST", self.fill("{project}/disableXpnHost", _project(values))),
            values,
        )


class SharedService(Compute):
    """A project that uses another's networks."""

    def insert(self, values: Json) -> Json:
        self._post(values, "enableXpnResource")
        return {}

    def fetch(self, values: Json) -> Json | None:
        found = self.client.call(
            self.kind.api, "GET", self.fill("projects/{serviceProject}/getXpnHost", values)
        )
        return found if found.get("name") == values["hostProject"] else None

    def remove(self, values: Json) -> None:
        self._post(values, "disableXpnResource")

    def _post(self, values: Json, verb: str) -> None:
        body = {"xpnResource": {"id": values["serviceProject"], "type": "PROJECT"}}
        path = self.fill(f"projects/{{hostProject}}/{verb}", values)
        self.done(self.client.call(self.kind.api, "POST", path, body), values)


def _project(values: Json) -> Json:
    return {**values, "project": f"projects/{values['project']}"}


_POLICIES = Policies(
    get="{0}/getIamPolicy", get_query={"optionsRequestedPolicyVersion": "3"}, set="{0}/setIamPolicy"
)


KINDS = (
    Kind(
        token="gcp:compute/sharedVPCHostProject:SharedVPCHostProject",
        api="compute",
        path="projects/{project}",
        id="{project}",
        behaviour=SharedHost,
    ),
    Kind(
        token="gcp:compute/sharedVPCServiceProject:SharedVPCServiceProject",
        api="compute",
        path="projects/{hostProject}/{serviceProject}",
        id="{hostProject}/{serviceProject}",
        behaviour=SharedService,
        fields={"deletionPolicy": local()},
    ),
    member(
        "gcp:compute/subnetworkIAMMember:SubnetworkIAMMember",
        "compute",
        REGION + "/subnetworks/{subnetwork|base}",
        policies=_POLICIES,
        of="subnetwork",
    ),
)
