gcloud pubsub topics publish "$TOPIC" --message="$IMAGE" --attribute="digest=${IMAGE##*@}"
