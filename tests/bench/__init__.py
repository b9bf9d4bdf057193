"""`make bench`: the figures that Signalbox promises, measured on a fresh installation."""
