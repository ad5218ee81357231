"""What OpenAI's own Python client can do at the OpenAI door: make, edit, mask, stream, stop, retry, converse, be refused."""

import base64
import io
import json
import struct
import sys
import threading
import time
import urllib.request
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from openai import APITimeoutError, AuthenticationError, BadRequestError, ConflictError, NotFoundError, OpenAI

url, token = sys.argv[1:]
client = OpenAI(base_url=f"{url}/openai/v1", api_key=token)


def half_mask(size: int) -> bytes:
    """A PNG of which the right half is transparent."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + b"\0\0\0\xff" * (size // 2) + b"\0\0\0\0" * (size // 2)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(row * size)) + chunk(b"IEND", b"")


def check(right: bool, otherwise: object) -> None:
    if not right:
        raise SystemExit(str(otherwise))


def wait_for(look: Callable[[], object]) -> None:
    """Waits until something is so; what is not within two minutes is for the check that follows."""
    end = time.monotonic() + 120
    while not look() and time.monotonic() < end:
        time.sleep(0.1)


def png(data: str | None) -> bytes:
    """The file of an answer. Fails unless it is a PNG."""
    file = base64.b64decode(data or "")
    check(file[1:4] == b"PNG", "the answer is no PNG")
    return file


def ours(image: object, name: str) -> str:
    return image.model_extra[name]  # type: ignore[attr-defined]


def api(path: str, body: object = None) -> Any:
    """The answer of Atelier's own API."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{url}/v1{path}", data, headers)) as answer:
        return json.load(answer)


def generations(title: str) -> list[Any]:
    """Those of all sessions with a title."""
    found = [s["id"] for s in api("/sessions?limit=100")["data"] if s["title"] == title]
    return [g for s in found for t in api(f"/sessions/{s}/turns?path=all")["data"] for g in t["generations"]]


check({"ace-mini", "gpt-image-1"} <= {model.id for model in client.models.list()}, "models are missing")

# create, edit, edit again: the last one saw the one before it
made = client.images.generate(
    model="gpt-image-1", prompt="a red circle on a blue background", size="256x256", extra_body={"seed": 1}
).data[0]
picture = png(made.b64_json)
edited = client.images.edit(image=("a.png", io.BytesIO(picture)), prompt="make the circle green").data[0]
check(ours(edited, "session_id") == ours(made, "session_id"), "the edit did not continue the session of its picture")
again = client.images.edit(image=png(edited.b64_json), prompt="make it night").data[0]
seen = [unit["instruction"] for unit in api(f"/generations/{ours(again, 'generation_id')}")["lcu"]]
check(seen == ["make the circle green", "make it night"], f"the model saw {seen}")

side = struct.unpack(">I", picture[16:20])[0]
png(client.images.edit(image=[picture], mask=half_mask(side), prompt="a yellow star").data[0].b64_json)
two = client.images.generate(prompt="a star", n=2).data
check(len({png(image.b64_json) for image in two}) == 2, "two pictures were asked for")
types = [e.type for e in client.images.generate(prompt="a star", stream=True, partial_images=2)]
check(
    types[-1] == "image_generation.completed" and set(types[:-1]) <= {"image_generation.partial_image"},
    f"the stream had {types}",
)

# leaving the loop cancels
slow = {"steps": 100}
with client.images.generate(prompt="left", stream=True, partial_images=3, size="128x128", extra_body=slow) as stream:
    for _ in stream:
        break
wait_for(lambda: generations("left")[0]["finishedAt"])
check(generations("left")[0]["status"] == "cancelled", "what nobody reads is not cancelled")

# too slow for its client, which calls three times: one generation
try:
    client.with_options(timeout=0.2, max_retries=2).images.generate(prompt="late", size="128x128", extra_body=slow)
except APITimeoutError:
    pass
# perhaps it gave up all three before the server had made anything
wait_for(lambda: generations("late"))
check(len(generations("late")) == 1, "a call that came again made another generation")

for error, wanted, call in [
    (BadRequestError, ("invalid_request", "size"), lambda: client.images.generate(prompt="x", size="huge")),
    (BadRequestError, ("invalid_request", "prompt"), lambda: client.images.generate(prompt="")),
    (AuthenticationError, ("invalid_api_key", None), lambda: client.with_options(api_key="no").models.list()),
    (NotFoundError, ("model_not_found", "model"), lambda: client.images.generate(prompt="x", model="none")),
    (
        ConflictError,
        ("idempotency_conflict", None),
        lambda: [
            client.images.generate(prompt=prompt, extra_headers={"Idempotency-Key": "door.py"}) for prompt in ("a", "b")
        ],
    ),
]:
    try:
        call()
        raise SystemExit(f"{wanted} was not refused")
    except error as refusal:
        check((refusal.code, refusal.param) == wanted, f"{wanted}: {refusal}")

# a chain of responses; the stream of the last one is cut and read on
tools: Any = [{"type": "image_generation", "partial_images": 1}]
first = client.responses.create(model="gpt-5.2", input="a red circle", tools=tools)
png(first.output[0].result)  # type: ignore[union-attr]
numbers = []
for event in client.responses.create(
    model="gpt-5.2", input="make it green", previous_response_id=first.id, tools=tools, stream=True, background=True
):
    numbers.append(event.sequence_number)
    if len(numbers) == 1:
        second = event.response.id  # type: ignore[union-attr]
    if len(numbers) == 3:
        break
rest = list(client.responses.retrieve(second, stream=True, starting_after=numbers[-1]))
check(rest[-1].type == "response.completed", f"the stream ended with {rest[-1].type}")
numbers += [event.sequence_number for event in rest]
check(numbers == sorted(set(numbers)), f"the events came as {numbers}")
check(client.responses.retrieve(second).previous_response_id == first.id, "the chain is lost")

# the message of a turn's own webhook holds before OpenAI's verifier
heard: list[tuple[bytes, dict[str, str]]] = []


class Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        heard.append((self.rfile.read(int(self.headers["content-length"])), dict(self.headers)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


hook = HTTPServer(("127.0.0.1", 0), Hook)
threading.Thread(target=hook.serve_forever, daemon=True).start()
webhook = {"url": f"http://127.0.0.1:{hook.server_port}/"}
api(f"/sessions/{api('/sessions', {})['id']}/turns", {"instruction": "a red circle", "images": [], "webhook": webhook})
wait_for(lambda: heard)
check(len(heard) == 1, "the webhook was not told")
client.webhooks.verify_signature(*heard[0], secret=api("/webhooks/secret")["secret"])
check(json.loads(heard[0][0])["type"] == "generation.succeeded", heard)

print(f"made {ours(made, 'image_id')}, edited it to {ours(again, 'image_id')}, streamed {len(types)} events, and the rest")
