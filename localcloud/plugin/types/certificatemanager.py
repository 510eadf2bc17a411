"""Certificate Manager: https://cloud.google.com/certificate-manager/docs/reference/certificate-manager/rest"""

from __future__ import annotations

from localcloud.plugin.kinds import Field, Kind, local, moved

_GLOBAL = "projects/{project}/locations/global"

KINDS = (
    Kind(
        token="gcp:certificatemanager/certificate:Certificate",
        api="certificateManager",
        path="projects/{project}/locations/{location}/certificates/{name}",
        create_query={"certificateId": "{name}"},
        defaults={"location": "global", "scope": "DEFAULT"},
        fields={
            "sanDnsnames": Field(zero=[]),
            "scope": Field(encode=lambda v: None if v == "DEFAULT" else v),
            "selfManaged.pemPrivateKeyWo": moved("pemPrivateKey", decode=lambda value: None),
            "selfManaged.pemPrivateKeyWoVersion": local(),
        },
        replace=frozenset({"scope", "managed"}),
        computed=frozenset({"managed.state"}),
    ),
    Kind(
        token="gcp:certificatemanager/certificateMap:CertificateMap",
        api="certificateManager",
        path=f"{_GLOBAL}/certificateMaps/{{name}}",
        create_query={"certificateMapId": "{name}"},
    ),
    Kind(
        token="gcp:certificatemanager/certificateMapEntry:CertificateMapEntry",
        api="certificateManager",
        path=f"{_GLOBAL}/certificateMaps/{{map|base}}/certificateMapEntries/{{name}}",
        create_query={"certificateMapEntryId": "{name}"},
        fields={"name": Field(update=False, decode=lambda v: str(v).rsplit("/", 1)[-1])},
        replace=frozenset({"hostname", "matcher"}),
    ),
    Kind(
        token="gcp:certificatemanager/dnsAuthorization:DnsAuthorization",
        api="certificateManager",
        path="projects/{project}/locations/{location}/dnsAuthorizations/{name}",
        create_query={"dnsAuthorizationId": "{name}"},
        defaults={"location": "global"},
        replace=frozenset({"domain", "type"}),
        computed=frozenset({"type"}),
    ),
)
