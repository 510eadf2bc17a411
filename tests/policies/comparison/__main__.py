"""`python -m tests.policies.comparison OFFICIAL_STATE [--checkov COMMAND]`: writes COMPARISON.md.

With --checkov, checkov is asked first and what it says is kept beside this file.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

from tests.policies.comparison import compare


def ask(command: str, each: compare.Input) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{each.name}.json"
        file.write_text(json.dumps(each.plan))
        options = ["-f", str(file), "--framework", "terraform_plan", "-o", "json", "--skip-download"]
        done = subprocess.run([command, *options], capture_output=True, text=True, check=False)
    said = json.loads(done.stdout)
    kept = compare.compact(said if isinstance(said, dict) else said[0])
    rows = ",\n".join(f"  {json.dumps(row)}" for row in kept["verdicts"])
    each.file.write_text(f'{{"checkov": {json.dumps(kept["checkov"])}, "verdicts": [\n{rows}\n]}}\n')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("state", type=Path, help="the recorded state of the official provider")
    parser.add_argument("--checkov", help="the checkov command")
    given = parser.parse_args()
    inputs = [compare.bad(), compare.official(given.state)]
    if given.checkov:
        for each in inputs:
            ask(given.checkov, each)
    compare.FILE.write_text(compare.render(inputs))


main()
