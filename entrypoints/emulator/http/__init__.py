"""HTTP/1.1 on 127.0.0.1: the server and its certificate, what it takes and refuses, its log."""
