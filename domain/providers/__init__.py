"""Outside services that Signalbox talks to."""
