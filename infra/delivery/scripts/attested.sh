IMAGE="$NAME@$DIGEST"
[[ "$IMAGE" =~ @sha256:[0-9a-f]{64}$ ]] || { echo "not a digest: $IMAGE" >&2; exit 1; }
FOUND="$(gcloud container binauthz attestations list --project="$ATTESTOR_PROJECT" --attestor="$ATTESTOR" \
  --attestor-project="$ATTESTOR_PROJECT" --artifact-url="$IMAGE" --format='value(name)')"
[ -n "$FOUND" ] || { echo "not attested: $IMAGE" >&2; exit 1; }
echo "$IMAGE" > image
