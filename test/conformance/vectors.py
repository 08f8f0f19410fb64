"""Reads all vectors that have a meaning with the official protobuf package, and compares.

Usage: vectors.py VECTORS DESCRIPTORS; `buf build --output DESCRIPTORS` makes the latter of the .proto files.
Prints the names of the vectors that it has read, and ends with 1 when one means something else.
"""

import json
import sys
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, json_format, message_factory

Vector = dict[str, Any]
DESCRIPTORS = descriptor_pb2.FileDescriptorSet.FromString(Path(sys.argv[2]).read_bytes())
Packet = message_factory.GetMessages(DESCRIPTORS.file)["heliograph.wire.v1.Packet"]


def parts_of(vector: Vector) -> list[bytes]:
    return [
        bytes.fromhex(part) if isinstance(part, str) else bytes.fromhex(part["hex"]) * part["times"]
        for part in vector["parts"]
    ]


def envelope_length(parts: list[bytes]) -> int:
    for index, part in enumerate(parts[:3]):
        if not part:
            return index + 1
        if len(part) > 255:
            break
    return 0


def read(parts: list[bytes]) -> dict[str, Any]:
    """The meaning of a message, without bare answers and assembled payloads."""
    length = envelope_length(parts)
    envelope, body = parts[:length], parts[length:]
    meaning: dict[str, Any] = {"envelope": [text(part) for part in envelope]} if envelope else {}
    if envelope and len(body) == 2 and body[0][:1] != b"\x0a":
        return meaning | {"bare_request": {"method": body[0].decode(), "request": text(body[1])}}
    packet, attachments = Packet.FromString(body[0]), body[1:]
    payloads: list[str | None] = []
    for frame in packet.frames:
        if frame.attached:
            payloads.append(text(attachments.pop(0)))
        else:
            payloads.append(text(frame.payload) if frame.HasField("payload") else None)
    assert not attachments, "an attachment that no frame takes"
    meaning["packet"] = json_format.MessageToDict(packet, preserving_proto_field_name=True)
    if any(payload is not None for payload in payloads):
        meaning["payloads"] = payloads
    return meaning


def assembled(meaning: dict[str, Any]) -> list[dict[str, str]]:
    """The payloads that come in several frames, in the order in which they are whole."""
    begun: dict[str, bytes] = {}
    whole = []
    for frame, payload in zip(meaning["packet"]["frames"], meaning["payloads"]):
        call_id = frame.get("call_id", "0")
        if call_id not in begun and not frame.get("more"):
            continue
        begun[call_id] = begun.get(call_id, b"") + b64decode(payload or "")
        if not frame.get("more"):
            whole.append({"kind": frame["kind"], "call_id": call_id, "payload": text(begun.pop(call_id))})
    return whole


def text(data: bytes) -> str:
    return b64encode(data).decode()


def check(vector: Vector) -> None:
    expected = vector["meaning"]
    if "bare_answer" in expected:
        code, body = parts_of(vector)[len(expected["envelope"]):]
        answer = {"answer": text(body)} if code == b"OK" else {"text": body.decode()}
        assert expected["bare_answer"] == {"code": code.decode()} | answer
        return
    meaning = read(parts_of(vector))
    if "assembled" in expected:
        meaning["assembled"] = assembled(meaning)
    assert meaning == expected, f"{vector['name']} means {json.dumps(meaning)}"


for file in sorted(Path(sys.argv[1]).glob("*.json")):
    for vector in json.loads(file.read_text(encoding="utf-8")):
        if "meaning" in vector:
            check(vector)
            print(vector["name"])
