"""Storage's errors: other words and reasons than the newer APIs."""

from __future__ import annotations

from localcloud.api import ApiError


def no_bucket(bucket: str) -> ApiError:
    return ApiError(
        404,
        "The specified bucket does not exist.",
        reason="notFound",
        details=[{"@type": "type.googleapis.com/google.rpc.ResourceInfo", "resourceName": f"b/{bucket}"}],
    )


def no_object(bucket: str, name: str) -> ApiError:
    return ApiError(404, f"No such object: {bucket}/{name}", reason="notFound")


def condition_not_met() -> ApiError:
    return ApiError(
        412, "At least one of the pre-conditions you specified did not hold.", reason="conditionNotMet"
    )


def held(bucket: str, name: str) -> ApiError:
    return ApiError(
        403,
        f"Object '{bucket}/{name}' is under active hold and cannot be deleted, overwritten or "
        "archived until all holds are removed.",
        reason="objectUnderActiveHold",
    )


def retained(bucket: str, name: str, until: str) -> ApiError:
    return ApiError(
        403,
        f"Object '{bucket}/{name}' is subject to bucket's retention policy or object retention and "
        f"cannot be deleted or overwritten until {until}",
        reason="retentionPolicyNotMet",
    )
