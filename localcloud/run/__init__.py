"""Cloud Run's substance: a supervised process per revision, an ingress per service, an identity for each."""
