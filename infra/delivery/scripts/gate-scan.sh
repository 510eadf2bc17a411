SCAN="$(gcloud artifacts docker images scan "$IMAGE" --remote --location="$SCAN_LOCATION" \
  --format='value(response.scan)')"
[ -n "$SCAN" ] || { echo "no scan of $IMAGE" >&2; exit 1; }
gcloud artifacts docker images list-vulnerabilities "$SCAN" --location="$SCAN_LOCATION" \
  --format='value(vulnerability.effectiveSeverity)' > severities
