"""A client written from docs/spec/wire.md alone. Prints one line of JSON per case.

Usage: client.py ENDPOINT DESCRIPTORS; `buf build --output DESCRIPTORS` makes the latter of the .proto files.
"""
import json
import os
import sys
from hashlib import sha256
from typing import Any

import zmq
from google.protobuf import descriptor_pb2, message_factory
from google.protobuf.message import Message

with open(sys.argv[2], "rb") as file:
    TYPES = message_factory.GetMessages(descriptor_pb2.FileDescriptorSet.FromString(file.read()).file)
Packet, Frame = TYPES["heliograph.wire.v1.Packet"], TYPES["heliograph.wire.v1.Frame"]
EchoRequest, EchoResponse = TYPES["heliograph.test.v1.EchoRequest"], TYPES["heliograph.test.v1.EchoResponse"]
HELLO, WELCOME, GOAWAY, PING, PONG, REQUEST, MESSAGE, END, CANCEL, CREDIT = range(1, 11)
WINDOW = [1_048_576, 128]  # bytes, packets; so are all pairs below


def weight(packet: Message, parts: list[bytes]) -> list[int]:
    free = all(f.kind in (PING, PONG, GOAWAY) or (f.kind == CREDIT and not f.call_id) for f in packet.frames)
    return [0, 0] if free else [sum(map(len, parts)), 1]


def add(left: list[int], right: list[int], sign: int = 1) -> list[int]:
    return [a + sign * b for a, b in zip(left, right)]


class Session:
    def __init__(self, endpoint: str) -> None:
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.routing_id = bytes([os.urandom(1)[0] | 0x80]) + os.urandom(15)
        self.socket.reconnect_ivl, self.socket.linger, self.socket.rcvtimeo = 3_600_000, 0, 8_000
        self.socket.connect(endpoint)
        self.window, self.chunk_bytes = WINDOW, 262_144
        self.sent = self.acknowledged = self.taken = self.reported = [0, 0]
        self.most_unread = self.most_unreported = self.last_call_id = 0
        self.latest: dict[int, Message] = {}  # by kind
        self.begun: dict[int, tuple[Message, bytes]] = {}  # by call: the first frame, and the payload so far
        self.ended: dict[int, tuple[Message, bytes]] = {}

    def send(self, *frames: Message, attachments: tuple[bytes, ...] = (), share: int = 1) -> None:
        packet = Packet(frames=frames)
        while weight(packet, []) != [0, 0] and not self.has_room(share):
            self.receive()
        packet.read_bytes, packet.read_packets = self.reported = self.taken
        parts = [packet.SerializeToString(), *attachments]
        self.sent = add(self.sent, weight(packet, parts))
        self.most_unread = max(self.most_unread, self.sent[0] - self.acknowledged[0])
        self.socket.send_multipart(parts)

    def has_room(self, share: int) -> bool:
        return all(share * n < most for n, most in zip(add(self.sent, self.acknowledged, -1), self.window))

    def receive(self) -> None:
        parts = self.socket.recv_multipart()
        assert parts != [b""], "the server has cut this client off"
        packet, attachments = Packet.FromString(parts[0]), iter(parts[1:])
        self.taken = add(self.taken, weight(packet, parts))
        totals = zip([packet.read_bytes, packet.read_packets], self.acknowledged, self.sent)
        self.acknowledged = [max(before, min(total, sent)) for total, before, sent in totals]
        for frame in packet.frames:
            self.take(frame, next(attachments) if frame.attached else frame.payload)
        assert next(attachments, None) is None, "an attachment that no frame takes"
        unreported = add(self.taken, self.reported, -1)
        self.most_unreported = max(self.most_unreported, unreported[0])
        if any(8 * n >= most for n, most in zip(unreported, WINDOW)):
            self.send(Frame(kind=CREDIT))

    def take(self, frame: Message, payload: bytes) -> None:
        if frame.kind == END:
            first, before = self.begun.pop(frame.call_id, (frame, b""))
            (self.begun if frame.more else self.ended)[frame.call_id] = first, before + payload
        elif frame.kind == PING:
            self.send(Frame(kind=PONG, sequence=frame.sequence))
        self.latest[frame.kind] = frame

    def wait_for(self, kind: int) -> Message:
        while kind not in self.latest:
            self.receive()
        return self.latest[kind]

    def request(self, text: str = "", method: str = "Echo", **fields: Any) -> Message:
        self.last_call_id += 1
        payload = None if "attached" in fields else EchoRequest(text=text).SerializeToString()
        return Frame(kind=REQUEST, call_id=self.last_call_id, codec="CODEC_PROTOBUF", end_stream=True,
                     method=f"heliograph.test.v1.EchoService/{method}", payload=payload, **fields)

    def send_large(self, payload: bytes) -> Message:
        first = self.request(attached=True, more=True, payload_size=len(payload))
        for start in range(0, len(payload), self.chunk_bytes):
            end = start + self.chunk_bytes
            following = Frame(kind=REQUEST, call_id=first.call_id, attached=True, more=end < len(payload))
            self.send(following if start else first, attachments=(payload[start:end],), share=2)
        return first

    def result(self, request: Message) -> dict[str, Any]:
        while request.call_id not in self.ended:
            self.receive()
        end, payload = self.ended.pop(request.call_id)
        assert end.payload_size in (0, len(payload)), "not as long as announced"
        answer, status, pairs = EchoResponse.FromString(payload), end.status, [end.metadata, end.trailers]
        metadata, trailers = [[[entry.key, entry.value.hex()] for entry in entries] for entries in pairs]
        details = [[detail.type, TYPES[detail.type].FromString(detail.value).text] for detail in status.details]
        return {"text": answer.text, "bytes": len(answer.data), "sha256": sha256(answer.data).hexdigest(),
                "code": status.code, "reason": status.reason, "details": details, "metadata": metadata,
                "trailers": trailers, "not_processed": end.not_processed}


def show(case: str, *requests: Message, **values: Any) -> None:
    values["calls"] = [session.result(request) for request in requests]
    print(json.dumps({"case": case, **values}), flush=True)


session = Session(sys.argv[1])
session.send(Frame(kind=HELLO, hello={"versions": [1], "node": "python", "instance": os.urandom(8).hex(), "epoch": 1}))
welcome = session.wait_for(WELCOME).welcome
session.window = [welcome.limits.window_bytes or WINDOW[0], welcome.limits.window_packets or WINDOW[1]]
session.chunk_bytes = welcome.limits.chunk_bytes or session.chunk_bytes
show("welcome", version=welcome.version, node=welcome.node)

pair = {"key": "name", "value": b"h\xc3\xa9"}, {"key": "raw-bin", "value": b"\xff\0"}, {"key": "name", "value": b""}
cases = {
    "unary": [session.request(text) for text in ("slow", "one", "", "two")],
    "deadline": [session.request("hold", timeout_ms=50)],
    "error": [session.request("fail")],
    "metadata": [session.request("metadata", metadata=pair)],
    "unknown": [session.request(method="Missing")],
}
for case, requests in cases.items():
    session.send(*requests)
    show(case, *requests)

session.send(held := session.request("hold"))
session.send(Frame(kind=CANCEL, call_id=held.call_id))
show("cancel", held)
session.send(Frame(kind=PING, sequence=7))
show("ping", sequence=session.wait_for(PONG).sequence)
large = session.send_large(EchoRequest(data=bytes(range(250)) * 40_000).SerializeToString())
show("large", large)
show("windows", granted=session.window[0], unread=session.most_unread, own=WINDOW[0], unreported=session.most_unreported)
before, drain = session.request("release"), session.request("drain")
session.send(before, drain)
last_call_id = session.wait_for(GOAWAY).goaway.last_call_id
session.send(late := session.request("late"))
show("drain", drain, last_call_id=last_call_id, late=late.call_id)
show("drained", before, answered_late=late.call_id in session.ended)
