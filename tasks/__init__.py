"""What runs in the background: Dramatiq workers and the clock process."""
