"""Makes, edits, uploads and fetches a picture with the client that openapi-python-client generates."""

import io
import sys
import time

from atelier_api import AuthenticatedClient
from atelier_api.api.generations import get_generation
from atelier_api.api.images import get_image, get_image_content, upload_image
from atelier_api.api.sessions import create_session
from atelier_api.api.turns import create_turn
from atelier_api.models import (
    CreatedTurn,
    CreateSession,
    CreateTurn,
    CreateTurnImagesItem,
    Error,
    GenerationStatus,
    Image,
    ParametersRequest,
    PlacedGeneration,
    Session,
    UploadImageBody,
)
from atelier_api.types import File

url, token = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=token)


def image_of(turn: object) -> Image:
    assert isinstance(turn, CreatedTurn), turn
    for _ in range(1200):
        generation = get_generation.sync(turn.generations[0].id, client=client)
        assert isinstance(generation, PlacedGeneration), generation
        if generation.status == GenerationStatus.SUCCEEDED:
            return generation.images[0]
        assert generation.error is None, generation.error
        time.sleep(0.25)
    raise TimeoutError("no picture within five minutes")


def content_of(image: Image) -> bytes:
    file = get_image_content.sync(image.id, client=client)
    assert isinstance(file, File), file
    return file.payload.read()


session = create_session.sync(client=client, body=CreateSession(title="Generated client"))
assert isinstance(session, Session), session
request = CreateTurn(instruction="a red circle on a blue background", parameters=ParametersRequest(seed=1))
made = image_of(create_turn.sync(session.id, client=client, body=request, idempotency_key="generated-client-2"))
file = File(payload=io.BytesIO(content_of(made)), file_name="circle.png", mime_type="image/png")
uploaded = upload_image.sync(client=client, body=UploadImageBody(file=file))
assert isinstance(uploaded, Image), uploaded
request = CreateTurn(instruction="make the circle green", images=[CreateTurnImagesItem(image_id=uploaded.id)])
edited = image_of(create_turn.sync(session.id, client=client, body=request))
content = content_of(edited)
assert content[1:4] == b"PNG"
refused = get_image.sync("img_0000000000000000", client=client)
assert isinstance(refused, Error) and refused.error.code == "not_found", refused
print(f"made {made.id}, edited it to {edited.id}, fetched {len(content)} bytes")
