BLUE="$(python3 - <<'PYTHON'
import json

traffic = json.load(open("service.json"))["status"]["traffic"]
print(max(traffic, key=lambda each: each.get("percent", 0))["revisionName"])
PYTHON
)"
back() {
  echo "green is not healthy: all requests go back to $BLUE" >&2
  gcloud run services update-traffic "$SERVICE" --project="$PROJECT" --region="$REGION" \
    --to-revisions="$BLUE=100"
  exit 1
}
for SHARE in $SHARES; do
  gcloud run services update-traffic "$SERVICE" --project="$PROJECT" --region="$REGION" \
    --to-tags="green=$SHARE" || back
  sleep "${WAIT_SECONDS:-30}"
  healthy || back
done
