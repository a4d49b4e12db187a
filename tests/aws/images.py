"""ECR, in front of moto's: GetDownloadUrlForLayer answers with a URL for a blob of an image (API
GetDownloadUrlForLayer: "the pre-signed Amazon S3 download URL"), and the URL gives the blob.
"""

from __future__ import annotations

import hashlib
import json

from werkzeug.wrappers import Request, Response

from tests.aws.reply import Forward, answered, refused

TARGET = "AmazonEC2ContainerRegistry_V20150921.GetDownloadUrlForLayer"


class Images:
    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}

    def blob(self, body: bytes) -> str:
        """Keep a blob; its digest."""
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        self.blobs[digest] = body
        return digest

    def answer(self, request: Request, body: bytes, forward: Forward) -> Response | None:
        del forward
        if request.path.startswith("/_blobs/"):
            return Response(self.blobs[request.path.rpartition("/")[2]])
        if request.headers.get("X-Amz-Target") != TARGET:
            return None
        digest = json.loads(body)["layerDigest"]
        if digest not in self.blobs:
            return refused("LayersNotFoundException", f"no layer {digest}")
        return answered({"downloadUrl": f"{request.host_url}_blobs/{digest}", "layerDigest": digest})
