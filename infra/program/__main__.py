"""What the engine runs for every stack: read its configuration, declare its resources, export its outputs."""

import pulumi

from infra import config, stack
from infra.errors import InfraError

try:
    outputs = stack.build(config.load())
except InfraError as error:
    # One sentence that names the key; a traceback would bury it.
    raise pulumi.RunError(str(error)) from None
for name, value in outputs.items():
    pulumi.export(name, value)
