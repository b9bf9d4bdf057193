"""What Signalbox does, one verb phrase a file."""
