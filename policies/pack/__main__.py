"""What the engine runs with `--policy-pack policies/pack`; it prints nothing but its port."""

from pulumi_policy import PolicyPack

from policies import levels, waivers
from policies.engine import engine_policies

PolicyPack("careplane", engine_policies(waivers.load(), levels.load()))
