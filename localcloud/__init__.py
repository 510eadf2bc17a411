"""Google Cloud on loopback: APIs that really work, our `gcp` plugin and the Pulumi toolchain."""
