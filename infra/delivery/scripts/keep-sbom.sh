gcloud artifacts sbom load --source=sbom.cdx.json --uri="$IMAGE" \
  --destination="gs://$BUCKET" --kms-key-version="$KEY_VERSION"
