gcloud container binauthz attestations sign-and-create --project="$ATTESTOR_PROJECT" \
  --artifact-url="$IMAGE" --attestor="$ATTESTOR" --attestor-project="$ATTESTOR_PROJECT" \
  --keyversion="$KEY_VERSION"
