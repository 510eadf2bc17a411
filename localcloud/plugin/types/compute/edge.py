"""TLS policies and network endpoint groups: https://cloud.google.com/load-balancing/docs"""

from __future__ import annotations

from localcloud.plugin.kinds import Json, Kind, always
from localcloud.plugin.types.compute.base import (
    GLOBAL,
    LINK,
    NAMED,
    REGION,
    Fingerprinted,
    Regional,
    linked,
)


class NetworkEndpointGroup(Regional):
    def outputs(self, answer: Json, values: Json) -> Json:
        outputs = super().outputs(answer, values)
        return {**outputs, "region": LINK.sub(r"\1/v1/", str(answer.get("region", outputs["region"])))}


KINDS = (
    Kind(
        token="gcp:compute/sSLPolicy:SSLPolicy",
        api="compute",
        path=f"{GLOBAL}/sslPolicies/{{name}}",
        behaviour=Fingerprinted,
        mask=False,
        defaults={"minTlsVersion": "TLS_1_0", "profile": "COMPATIBLE"},
        fields=NAMED,
        replace=frozenset({"description"}),
    ),
    Kind(
        token="gcp:compute/regionNetworkEndpointGroup:RegionNetworkEndpointGroup",
        api="compute",
        path=f"{REGION}/networkEndpointGroups/{{name}}",
        behaviour=NetworkEndpointGroup,
        defaults={"networkEndpointType": "SERVERLESS"},
        fields={**NAMED, "appEngine": always(None), "serverlessDeployment": always(None)},
        replace=frozenset(
            {
                "appEngine",
                "cloudFunction",
                "cloudRun",
                "description",
                "network",
                "networkEndpointType",
                "pscData",
                "pscTargetService",
                "serverlessDeployment",
                "subnetwork",
            }
        ),
        equal=linked("network", "subnetwork", "region"),
    ),
)
