"""What Signalbox is about, knowing neither the web framework nor the task queue."""
