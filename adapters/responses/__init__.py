"""The Responses API over HTTP and server-sent events."""
