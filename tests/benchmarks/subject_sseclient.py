"""The same with sseclient-py, as its README has it. Run with the base URL."""

import json
import sys

import requests
from sseclient import SSEClient

with requests.post(
    f"{sys.argv[1]}/responses",
    json={"model": "gpt-5.5", "input": "hi", "stream": True},
    headers={"authorization": "Bearer sk-test"},
    stream=True,
    timeout=60,
) as response:
    response.raise_for_status()
    for frame in SSEClient(response).events():
        event = json.loads(frame.data)
        if event["type"] == "response.output_text.delta":
            sys.stdout.write(event["delta"])
            sys.stdout.flush()
