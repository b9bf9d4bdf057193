"""Forms: what people typed, kept as they typed it, and what the API would have been sent for it."""
