"""The egress rules and the HTTP client, against real servers on 127.0.0.1."""
