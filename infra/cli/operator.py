"""Google's APIs with the operator's rights, for as long as a large tenant takes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from infra.cli.bulk import Bearer
from infra.cli.google import Google, token


@dataclass
class Operator:
    """For longer than the hour that one access token lasts: ask for `google` at each call."""

    given: Google

    def __post_init__(self) -> None:
        self._bearer = Bearer(token)
        self._bearer.use(self.given.token)

    @property
    def google(self) -> Google:
        return replace(self.given, token=self._bearer.token())
