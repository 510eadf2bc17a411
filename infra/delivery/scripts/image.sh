IMAGE="$(cat image)"
[[ "$IMAGE" =~ @sha256:[0-9a-f]{64}$ ]] || { echo "not a digest: $IMAGE" >&2; exit 1; }
