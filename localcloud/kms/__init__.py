"""Cloud KMS: resources, key material and the cryptography behind the API."""
