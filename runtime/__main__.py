"""`python -m runtime`: serve one tenant, prepare its database, manage its clients.

Exit codes: 0 done, 1 it could not be done, 2 bad usage or settings.
"""

from __future__ import annotations

import argparse
import sys


def main(arguments: list[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    from runtime.cli.problems import BAD_INPUT, FAILURES, sentence

    try:
        return _run(given)
    except BAD_INPUT as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except FAILURES as error:
        print(f"error: {sentence(error)}", file=sys.stderr)
        return 1


def _run(given: argparse.Namespace) -> int:
    if given.command == "serve":
        from runtime.cli.serve import serve

        return serve()
    if given.command == "migrate":
        from runtime.cli.migrate import run as migrate

        return migrate()
    if given.command == "grants":
        from runtime.cli.grants import run as grants

        return grants()
    if given.command == "key":
        from runtime.cli.keys import run as keys

        return keys(given)
    from runtime.cli.clients import run as clients

    return clients(given)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m runtime", description="The EHR service of one tenant.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve HTTP on PORT")
    commands.add_parser("migrate", help="bring the database up to date and make the blind index key")
    commands.add_parser(
        "grants", help="as the cell's administrator: let only the tenant's role into its database"
    )
    key = commands.add_parser("key", help="data keys of field encryption")
    key.add_subparsers(dest="action", required=True).add_parser(
        "rotate", help="encrypt with a new data key from now on"
    )
    _client_parser(commands.add_parser("client", help="backend clients that may ask for tokens"))
    return parser


def _client_parser(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    for name, purpose in (
        ("add", "register a client"),
        ("rotate", "replace its keys"),
        ("revoke", "end its access"),
    ):
        action = actions.add_parser(name, help=purpose)
        action.add_argument("--id", required=True, help="client id")
        if name != "revoke":
            action.add_argument("--jwks", required=True, help="public keys as JWKS, or @FILE")
        if name == "add":
            action.add_argument("--scope", required=True, nargs="+", help="scopes such as system/Patient.rs")
    actions.add_parser("list", help="show clients").add_argument("--json", action="store_true")


if __name__ == "__main__":
    sys.exit(main())
