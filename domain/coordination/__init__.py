"""Everything that needs Redis. Losing all of Redis loses no event and no execution."""
