STATUS=
for _ in $(seq 60); do
  gcloud artifacts docker images describe "$IMAGE" --show-package-vulnerability --format=json > analysis.json
  STATUS="$(python3 - <<'PYTHON'
import json

found = json.load(open("analysis.json")).get("discovery_summary", {}).get("discovery", [])
print(next((each["discovered"].get("analysisStatus", "") for each in found if "discovered" in each), ""))
PYTHON
)"
  case "$STATUS" in FINISHED_*) break ;; esac
  sleep "${WAIT_SECONDS:-30}"
done
[ "$STATUS" = FINISHED_SUCCESS ] || { echo "no scan of $IMAGE: '$STATUS'" >&2; exit 1; }
python3 - > severities <<'PYTHON'
import json

summary = json.load(open("analysis.json")).get("package_vulnerability_summary", {})
for severity, found in summary.get("vulnerabilities", {}).items():
    for _ in found:
        print(severity)
PYTHON
