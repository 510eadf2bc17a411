gcloud run services describe "$SERVICE" --project="$PROJECT" --region="$REGION" --format=json > service.json
URL="$(python3 - <<'PYTHON'
import json

traffic = json.load(open("service.json"))["status"]["traffic"]
print(next(each["url"] for each in traffic if each.get("tag") == "green"))
PYTHON
)"
healthy() {
  curl --fail --silent --show-error --output /dev/null --retry 10 --retry-all-errors \
    --retry-delay "${WAIT_SECONDS:-3}" "$URL$HEALTH_PATH"
}
