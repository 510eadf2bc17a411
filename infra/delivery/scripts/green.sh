gcloud run services update "$SERVICE" --project="$PROJECT" --region="$REGION" \
  --image="$IMAGE" --no-traffic --tag=green
