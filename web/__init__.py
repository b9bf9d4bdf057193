"""What people and senders reach over HTTP: thin controllers over the domain's operations."""
