"""Cloud SQL's substance: instances as PostgreSQL servers, Google's roles, IAM logins, clones, backups."""
