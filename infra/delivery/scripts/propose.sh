gcloud pubsub topics publish "$TOPIC" --message="{\"image\": \"$IMAGE\"}" --attribute="digest=${IMAGE##*@}"
