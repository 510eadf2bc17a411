"""Prints an access token that a stack's endpoint gives the local client: `client_token KEY_FILE STACK`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from localcloud.cli.client_key import ClientKey
from localcloud.cli.token import SCOPE, exchange

if __name__ == "__main__":
    command = ["pulumi", "stack", "output", "tokenUrl", "--stack", sys.argv[2]]
    url = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    print(exchange(url, ClientKey.load_or_make(Path(sys.argv[1])), SCOPE)["access_token"])
