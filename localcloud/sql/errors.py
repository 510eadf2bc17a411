"""Cloud SQL's refusals, worded as Google words them."""

from __future__ import annotations

from localcloud.api import ApiError


def invalid(message: str) -> ApiError:
    return ApiError(400, f"Invalid request: {message}", reason="invalid")


def no_instance(name: str) -> ApiError:
    # Google answers 403 notAuthorized for an instance that is not there to those who may not list; 404 here.
    return ApiError(404, f"The Cloud SQL instance does not exist: {name}.", reason="instanceDoesNotExist")


def wrong_state(message: str) -> ApiError:
    return ApiError(412, message, "FAILED_PRECONDITION", reason="invalidState")


def no_recovery(message: str) -> ApiError:
    return ApiError(400, f"Invalid request: pointInTime {message}", reason="invalid")
