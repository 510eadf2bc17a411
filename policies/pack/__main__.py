"""What the engine runs with `--policy-pack policies/pack`; it prints nothing but its port."""

from pulumi_policy import PolicyPack

from policies.engine import engine_policies
from policies.waivers import load

PolicyPack("careplane", engine_policies(load()))  # type: ignore[arg-type]
