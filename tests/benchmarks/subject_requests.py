"""What anyone would write first: requests, its lines, json. Run with the base URL."""

import json
import sys

import requests

with requests.post(
    f"{sys.argv[1]}/responses",
    json={"model": "gpt-5.5", "input": "hi", "stream": True},
    headers={"authorization": "Bearer sk-test"},
    stream=True,
    timeout=60,
) as response:
    response.raise_for_status()
    for line in response.iter_lines():
        if line.startswith(b"data: "):
            event = json.loads(line[6:])
            if event["type"] == "response.output_text.delta":
                sys.stdout.write(event["delta"])
                sys.stdout.flush()
