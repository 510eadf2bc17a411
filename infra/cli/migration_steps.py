"""The steps of a tenant's migration, with the commands of each."""

from __future__ import annotations

from infra.cli.fleet_health import PATH
from infra.cli.migration import Move, Step, handed_over

PYTHON = ".venv/bin/python"


def steps(move: Move) -> list[Step]:
    """In order. Within one cell the old runtime stops where the new one takes over the audit store, so the
    export comes before that; between cells both run side by side and the window is shorter."""
    begin = [_ready(move), _file(move), *([_project(move)] if move.placement == "dedicated" else [])]
    middle = (
        [_freeze(move), _export(move), _hand_over(move), _bring_up(move)]
        if move.same_cell
        else [_bring_up(move), _freeze(move), _export(move)]
    )
    return [*begin, *middle, _import(move), _verify(move), _switch(move), _decommission(move)]


def _infra(verb: str, *stacks: str, more: str = "") -> str:
    chosen = " ".join(f"--stack {name}" for name in stacks)
    place = stacks[0].split("-")[0]
    return f"{PYTHON} -m infra {verb} --place {place} {chosen}{more}"


def _tenant(words: str) -> str:
    return f"{PYTHON} -m infra tenant {words}"


def _set(stack: str, key: str, value: str) -> str:
    return f"pulumi config set careplane:{key} {value} --stack {stack}"


def _output(stack: str, key: str) -> str:
    return f'"$(pulumi stack output {key} --stack {stack})"'


def _ready(move: Move) -> Step:
    old, cell = move.old.name, move.cell.name
    return Step(
        "Know that nothing is pending",
        "What differs now would be taken for a result of the move.",
        (_infra("refresh", old, cell), _infra("preview", old, cell)),
        ('both end with "Nothing to change."',),
        "nothing was changed",
    )


def _file(move: Move) -> Step:
    place, before = move.before.place, move.before
    options = f" --to-cell {move.cell.name}" if not move.same_cell else ""
    options += f" --to-placement {move.placement}" if move.placement != before.placement else ""
    profile = (
        f" The profile becomes {move.after.profile.name}."
        if move.after.profile.name != before.profile.name
        else ""
    )
    return Step(
        "Write the new stack's file",
        f"{move.new} stands beside {move.old.name}, not active.{profile}",
        (
            f"{PYTHON} -m infra tenant move {move.tenant} --place {place}{options} --write",
            f"git add stacks && git commit -m 'move {move.tenant} to {move.cell.name}, {move.placement}'",
        ),
        (f"{_infra('stacks', move.new)} names the file",),
        f"rm stacks/Pulumi.{move.new}.yaml",
    )


def _project(move: Move) -> Step:
    return Step(
        "Make the tenant's project",
        "Projects and the perimeter belong to the cell.",
        (_infra("up", move.cell.name),),
        (f"pulumi stack output projects --json --stack {move.cell.name} names {move.tenant}",),
        f"rm stacks/Pulumi.{move.new}.yaml, then {_tenant(f'move {move.tenant} --leave {move.cell.name}')}, "
        "then the command again",
    )


def _freeze(move: Move) -> Step:
    old = move.old.name
    shifted = [f"pulumi config rm careplane:{key} --stack {old}" for key in ("revision", "traffic")]
    return Step(
        "Freeze writes",
        "Clients read on; a write is refused with 503 until the switch. Announce the window first.",
        (
            *(shifted if move.before.traffic else ()),
            _set(old, "readOnly", "true"),
            _infra("preview", old),
            _infra("up", old),
        ),
        ("a POST of a Patient through the tenant's route is 503, a GET is 200",),
        f"{_set(old, 'readOnly', 'false')}, then {_infra('up', old)}",
    )


def _hand_over(move: Move) -> Step:
    """An `up` of the old stack after this would make again what it gave away: protection goes before."""
    urns, old = " ".join(f"'{urn}'" for urn in handed_over(move)), move.old.name
    return Step(
        "Hand over what lies in the cell's project",
        "The audit trail stays where it is, under one stack's state. With the next step the old runtime may "
        "no longer write it and so refuses reads too. From here on the old stack is only destroyed: its "
        "protection is lifted first, and nothing destroys it before the last step.",
        (
            _set(old, "decommission", "true"),
            _infra("preview", old),
            _infra("up", old),
            f"pulumi stack init {move.new} --no-select",
            f"pulumi state move --source {move.old.name} --dest {move.new} --yes {urns}",
        ),
        (f"pulumi stack --show-urns --stack {move.new} lists both components with their children",),
        f"pulumi state move with {move.new} as source, then {_set(old, 'decommission', 'false')}, then "
        f"{_infra('up', old)}",
    )


def _bring_up(move: Move) -> Step:
    base = _output(move.new, "baseUrl")
    return Step(
        "Bring up the new stack",
        "Keys, identity, stores, topics and service of its own, empty.",
        (_infra("preview", move.new), _infra("up", move.new)),
        (
            "the preview replaces and deletes nothing"
            + (", but for the grant audit-writer, which names the new identity" if move.same_cell else ""),
            f"curl -fsS {base}{PATH} is 200",
        ),
        _infra("destroy", move.new, more=" --decommission"),
    )


def _records(verb: str, stack: str, rest: str) -> str:
    url = _output(stack, "fhirUrl")
    return _tenant(f'records {verb} --url {url} --token-command "$TOKEN_COMMAND" {rest}')


def _documents(verb: str, stack: str, rest: str) -> str:
    place = stack.split("-")[0]
    return _tenant(f"documents {verb} --place {place} --bucket {_output(stack, 'bucket')} {rest}")


def _export(move: Move) -> Step:
    old = move.old.name
    return Step(
        "Export through the old runtime",
        "Decrypted on the way out: the old keys' ciphertext means nothing under the new keys. Keep the "
        "folders on an encrypted disk and delete them with the last step. $TOKEN_COMMAND prints a token of "
        "a client with system/*.rs.",
        (
            _records("export", old, "--out old"),
            _documents("export", old, "--out old-documents"),
            _tenant(f"client list --stack {old}"),
        ),
        ("the export ends with the endpoint's own counts, or fails",),
        "rm -r old old-documents",
    )


def _import(move: Move) -> Step:
    new = move.new
    return Step(
        "Import through the new runtime",
        "Each record is put under the id that it has, so that references stay true. All of it may be "
        "repeated. The first command is for each client that the export listed: its id, its scopes and its "
        "public keys. $TOKEN_COMMAND now prints a token of a client of the new stack with system/*.cruds.",
        (
            _tenant(f'client add --stack {new} --id "$CLIENT" --scope $SCOPES --jwks "$JWKS_FILE"'),
            _records("import", new, "--from old"),
            _documents("import", new, "--from old-documents"),
        ),
        ("the imports exit 0: as many records were written as were exported, by type",),
        f"{_infra('destroy', new, more=' --decommission')}, and begin again at its step",
    )


def _verify(move: Move) -> Step:
    return Step(
        "Verify row by row",
        "A hash over every record, but for what a server writes into it (version and time), and one over "
        "every document. The move goes on only if both sides are one.",
        (
            _records("export", move.new, "--out new"),
            _tenant("records compare old new"),
            _documents("compare", move.new, "--with old-documents"),
        ),
        ("both comparisons exit 0",),
        "thaw the old stack (the freeze's way back); nothing is lost",
    )


def _switch(move: Move) -> Step:
    host = f"{move.tenant}.{move.before.domain}" if move.before.domain else _output(move.new, "baseUrl")
    commands = [_set(move.new, "active", "true"), _infra("up", move.new)]
    if not move.same_cell:
        commands = [_set(move.old.name, "active", "false"), *commands]
        commands += [_infra("up", move.old.name), _infra("up", move.before.cell_stack, move.cell.name)]
    checks = [f"pulumi stack output active --stack {move.new} is true"]
    if move.before.domain:
        checks.append(f"dig +short {host} gives the new cell's address (within the record's time to live)")
    return Step(
        "Switch",
        "The host's record and the active site are config. Clients ask for a new token: the signing key is "
        "another, and an old token is good for five minutes at most.",
        tuple(commands),
        (*checks, f"a POST and a GET of a Patient through {host} are answered by the new stack"),
        "set careplane:active back on both and thaw the old stack; what was written since must be exported",
    )


def _decommission(move: Move) -> Step:
    old, before = move.old.name, move.before
    leaves = before.placement == "dedicated" and not (move.same_cell and move.placement == "dedicated")
    cell = before.cell_stack
    unlist = (_tenant(f"move {move.tenant} --leave {cell}"), _infra("up", cell)) if leaves else ()
    return Step(
        "Take down the old stack",
        "After the agreed time of watching. Its keys' versions are destroyed after their delay of 30 days; "
        "the old audit trail outlives it. Then the new stack takes its name.",
        (
            _infra("destroy", old, more="" if move.same_cell else " --decommission"),
            f"pulumi stack rm --yes --preserve-config --stack {old}",
            f"pulumi stack rename {old} --stack {move.new}",
            *unlist,
            f"git add --all stacks && git commit -m '{move.tenant} moved'",
            "rm -r old new old-documents",
        ),
        (
            f"{PYTHON} -m infra tenant list --place {before.place} shows {move.tenant} once",
            f'{_infra("preview", old)} ends with "Nothing to change."',
        ),
        "none: this is the step that cannot be undone",
    )


def markdown(move: Move, found: list[Step]) -> str:
    """The plan as a document for the change's ticket."""
    before = move.before
    lines = [
        f"# Move of tenant {move.tenant}",
        "",
        f"From `{move.old.name}` ({before.placement} in `{before.cell_stack}`, project `{before.project}`, "
        f"{before.region}) to `{move.new}` ({move.placement} in `{move.cell.name}`, project "
        f"`{move.document['config']['gcp:project']}`, {move.after.region}).",
    ]
    for number, step in enumerate(found, 1):
        lines += ["", f"## {number}. {step.title}", "", step.why, ""]
        lines += [f"    {command}" for command in step.commands]
        lines += ["", *(f"- check: {check}" for check in step.check), f"- way back: {step.undo}"]
    return "\n".join(lines)
