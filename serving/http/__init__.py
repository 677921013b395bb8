"""What a request and its answer are on the wire: bodies, JSON, errors, deadlines and the access log."""
