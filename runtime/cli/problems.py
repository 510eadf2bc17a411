"""Which exceptions end a command, and how they are told: one sentence, no trace, no secret."""

from __future__ import annotations

import psycopg
from google.auth.exceptions import GoogleAuthError
from sqlalchemy.exc import SQLAlchemyError

from runtime.db.clients import ClientError
from runtime.db.engine import WrongDatabase
from runtime.errors import Refusal
from runtime.scopes import ScopeError
from runtime.settings import SettingsError
from runtime.tokens.assertion import KeySetError

BAD_INPUT = (SettingsError, ScopeError, KeySetError, ClientError)
FAILURES = (WrongDatabase, Refusal, SQLAlchemyError, psycopg.Error, GoogleAuthError)


def sentence(error: BaseException) -> str:
    """A database's error names address and role, never the password."""
    cause = getattr(error, "orig", None) or error
    first = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
    return first.replace("\n", " ")
