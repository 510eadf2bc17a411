"""A cell's delivery: the runtime's image is built in a private pool, attested, and nothing else may run.

Check 84. The policy only logs until `careplane:admission` is `enforced`.
"""

from __future__ import annotations

import pulumi

from infra.config import CellConfig
from infra.config.delivery import DeliveryConfig
from infra.delivery.admission import Admission, AdmissionArgs
from infra.delivery.attestor import Attestor, AttestorArgs
from infra.delivery.pipeline import Pipeline, PipelineArgs
from infra.delivery.pool import BuildPool, BuildPoolArgs
from infra.delivery.promotion import Promotion, PromotionArgs
from infra.delivery.steps import PROPOSAL
from infra.pubsub.schema import Schema, SchemaArgs
from infra.pubsub.topic import Topic, TopicArgs
from infra.registry.registry import Registry
from infra.site import Site
from infra.stack.cell_keys import ATTESTOR, Keys
from infra.stack.housing import Housing
from infra.storage.bucket import Bucket, BucketArgs


def build(config: CellConfig, site: Site, housing: Housing, keys: Keys, registry: Registry) -> None:
    assert config.delivery
    pool = BuildPool(
        "build",
        BuildPoolArgs(
            site, "build", _numbered(housing), depends_on=_ready(housing, *housing.private_services)
        ),
    )
    attestor = _attestor(site, housing, keys)
    _admissions(config, site, housing, attestor)
    proposals = _proposals(config.delivery, site, housing, keys)
    _pipeline(config, site, housing, keys, registry, pool, attestor, proposals)
    if proposals is not None and config.delivery.promotes:
        _promotion(config.delivery, site, housing, registry, pool, attestor, proposals)


def _ready(housing: Housing, *more: pulumi.Resource) -> tuple[pulumi.Resource, ...]:
    return (*housing.home.ready, *more)


def _numbered(housing: Housing) -> pulumi.Output[str]:
    """Cloud Build knows a network by its project's number."""
    network = housing.network.apply(lambda name: name.partition("/global/")[2])
    return pulumi.Output.concat("projects/", housing.home.number, "/global/", network)


def _attestor(site: Site, housing: Housing, keys: Keys) -> Attestor:
    verifiers = {name: guest.agents["binaryauthorization"] for name, guest in housing.guests.items()}
    key = keys.ring.keys[ATTESTOR].id
    args = AttestorArgs(site, "built", key, verifiers=verifiers, depends_on=_ready(housing))
    return Attestor("built", args)


def _admissions(config: CellConfig, site: Site, housing: Housing, attestor: Attestor) -> None:
    """A policy a project: Binary Authorization knows no folder."""
    for name, project in housing.projects.items():
        place = Site(project.project, site.region, site.jurisdiction, site.protected, site.labels)
        ready = (*project.ready, attestor)
        Admission(f"admission-{name}", AdmissionArgs(place, (attestor.id,), config.admits, depends_on=ready))


def _proposals(delivery: DeliveryConfig, site: Site, housing: Housing, keys: Keys) -> Topic | None:
    if delivery.proposals is None:
        return None
    key, ready = keys.ring.keys["data"].id, keys.granted("data")
    form = Schema("proposals", SchemaArgs(site, delivery.proposals, PROPOSAL, depends_on=_ready(housing)))
    return Topic("proposals", TopicArgs(site, delivery.proposals, key, depends_on=ready, schema=form.id))


def _pipeline(
    config: CellConfig,
    site: Site,
    housing: Housing,
    keys: Keys,
    registry: Registry,
    pool: BuildPool,
    attestor: Attestor,
    proposals: Topic | None,
) -> None:
    delivery = config.delivery
    assert delivery
    bucket = Bucket(
        "sboms",
        BucketArgs(
            site, f"{config.project}-sboms", keys.ring.keys["data"].id, depends_on=keys.granted("data")
        ),
    )
    Pipeline(
        "runtime-image",
        PipelineArgs(
            site,
            "runtime-image",
            delivery.repository,
            _image(registry),
            registry.repository,
            delivery.images,
            pool.id,
            attestor,
            bucket.name,
            delivery.branch,
            delivery.severity,
            proposals=proposals.id if proposals else None,
            build_arguments=delivery.build_arguments,
            depends_on=_ready(housing),
        ),
    )


def _promotion(
    delivery: DeliveryConfig,
    site: Site,
    housing: Housing,
    registry: Registry,
    pool: BuildPool,
    attestor: Attestor,
    proposals: Topic,
) -> None:
    """A tenant's service is called as the tenant, and runs as `tenant-<name>`."""
    domain = pulumi.Output.concat("@", housing.home.project, ".iam.gserviceaccount.com")
    Promotion(
        "promotion",
        PromotionArgs(
            site,
            "promotion",
            proposals.id,
            _image(registry),
            registry.repository,
            delivery.images.gcloud,
            pool.id,
            attestor,
            {tenant: pulumi.Output.concat(f"tenant-{tenant}", domain) for tenant in delivery.promotes},
            depends_on=_ready(housing),
        ),
    )


def _image(registry: Registry) -> pulumi.Output[str]:
    return pulumi.Output.concat(registry.prefix, "/runtime")
