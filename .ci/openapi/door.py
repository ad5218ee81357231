"""Makes, edits, masks and streams pictures with OpenAI's own Python client, through the OpenAI door."""

import base64
import io
import struct
import sys
import zlib

from openai import NotFoundError, OpenAI

url, token = sys.argv[1:]
client = OpenAI(base_url=f"{url}/openai/v1", api_key=token)


def half_mask(size: int) -> bytes:
    """A PNG of which the right half is transparent."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + b"\0\0\0\xff" * (size // 2) + b"\0\0\0\0" * (size // 2)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(row * size)) + chunk(b"IEND", b"")


def png(data: str | None) -> bytes:
    """The file of an answer. Fails unless it is a PNG."""
    file = base64.b64decode(data or "")
    if file[1:4] != b"PNG":
        raise SystemExit("the answer is no PNG")
    return file


def ours(image: object, name: str) -> str:
    return image.model_extra[name]  # type: ignore[attr-defined]


made = client.images.generate(
    model="gpt-image-1", prompt="a red circle on a blue background", size="256x256", extra_body={"seed": 1}
).data[0]
picture = png(made.b64_json)
edited = client.images.edit(image=("a.png", io.BytesIO(picture)), prompt="make the circle green").data[0]
if ours(edited, "session_id") != ours(made, "session_id"):
    raise SystemExit("the edit did not continue the session of its picture")
side = struct.unpack(">I", picture[16:20])[0]
masked = client.images.edit(image=[picture], mask=half_mask(side), prompt="a yellow star").data[0]
png(masked.b64_json)
types = [e.type for e in client.images.generate(prompt="a star", stream=True, partial_images=2)]
if types[-1] != "image_generation.completed" or set(types[:-1]) - {"image_generation.partial_image"}:
    raise SystemExit(f"the stream had {types}")
try:
    client.images.generate(prompt="x", model="none")
    raise SystemExit("an unknown model was not refused")
except NotFoundError as error:
    if error.code != "model_not_found":
        raise
print(f"made {ours(made, 'image_id')}, edited it to {ours(edited, 'image_id')}, streamed {len(types)} events")
