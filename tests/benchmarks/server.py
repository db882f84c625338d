"""A loopback server that has every byte ready before it is asked, so that the client is measured.

Run as ``server.py FOLDER``: it writes the data lines of each stream to ``FOLDER/NAME.jsonl``,
prints its port and serves ``POST /NAME/responses`` until its standard input closes.
"""

import json
import random
import socket
import sys
import threading
from pathlib import Path
from typing import Any

DELTAS = {"one-line": 6, "long": 100_000}
_WORDS = ("The", "quick", "brown", "fox", "jumps;", "naïve", "façades,", "42", "of", "them.\n")
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def events(deltas: int) -> list[dict[str, Any]]:
    """Return a response of one message in so many pieces, with every field the service sends."""
    random.seed(0)
    words = [f"{_WORDS[number % len(_WORDS)]} " for number in range(deltas)]
    text = "".join(words)
    place = {"item_id": f"msg_{'0b8757c4d5' * 5}", "output_index": 0, "content_index": 0}
    part: dict[str, Any] = {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}
    item = {"id": place["item_id"], "type": "message", "role": "assistant"}
    response = {"id": f"resp_{'0b8757c4d5' * 5}", "object": "response", "model": "gpt-5.5"}
    usage = {
        "input_tokens": 20,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": deltas,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": deltas + 20,
    }
    whole: dict[str, Any] = {**part, "text": text}
    done: dict[str, Any] = {**item, "status": "completed", "content": [whole]}
    finished: dict[str, Any] = {**response, "status": "completed", "output": [done], "usage": usage}
    running: dict[str, Any] = {**response, "status": "in_progress", "output": []}
    kinds: list[dict[str, Any]] = [
        {"type": "response.created", "response": running},
        {"type": "response.in_progress", "response": running},
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {**item, "status": "in_progress", "content": []},
        },
        {"type": "response.content_part.added", **place, "part": part},
        *(
            {
                "type": "response.output_text.delta",
                **place,
                "delta": word,
                "logprobs": [],
                "obfuscation": "".join(random.choices(_LETTERS, k=16 - len(word) % 16)),
            }
            for word in words
        ),
        {"type": "response.output_text.done", **place, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **place, "part": whole},
        {"type": "response.output_item.done", "output_index": 0, "item": done},
        {"type": "response.completed", "response": finished},
    ]
    return [
        {"type": event.pop("type"), "sequence_number": number, **event}
        for number, event in enumerate(kinds)
    ]


def reply(lines: list[tuple[str, str]]) -> bytes:
    """Return the whole HTTP answer: one chunk an event, as the service sends them."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    frames = [f"event: {kind}\ndata: {line}\n\n".encode() for kind, line in lines]
    chunks = [b"%x\r\n%b\r\n" % (len(frame), frame) for frame in frames]
    return b"".join((head, b"transfer-encoding: chunked\r\n\r\n", *chunks, b"0\r\n\r\n"))


def serve(listener: socket.socket, replies: dict[str, bytes]) -> None:
    """Answer one request a connection, one connection at a time."""
    while True:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as reader:
            path = reader.readline().split()[1].decode()
            length = 0
            while (line := reader.readline().lower()) != b"\r\n":
                if line.startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            reader.read(length)
            connection.sendall(replies[path.split("/")[1]])


def main() -> None:
    """Make the streams, then serve them."""
    folder = Path(sys.argv[1])
    replies: dict[str, bytes] = {}
    for name, deltas in DELTAS.items():
        lines = [
            (event["type"], json.dumps(event, ensure_ascii=False, separators=(",", ":")))
            for event in events(deltas)
        ]
        text = "".join(f"{line}\n" for _, line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
        replies[name] = reply(lines)
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(listener, replies), daemon=True).start()
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
