"""A receiver for Python 3.10 and later, with the standard library only. Run it with the secret from the endpoint's page:

    BELLWIRE_WEBHOOK_SECRET=whsec_… PORT=4000 python3 receiver.py
"""

import base64
import hashlib
import hmac
import json
import os
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.etree.ElementTree import ParseError, TreeBuilder, XMLParser

BODY_BYTES_MAX = 10 * 1024 * 1024
BODY_SECONDS_MAX = 10
TOLERANCE_SECONDS = 300  # a recorded request has a valid signature, so its age is limited
KEY_BYTES_MIN = 24
BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


class Refused(Exception):
    """A request that is not answered with 200, so that Bellwire keeps the event and shows the reason."""

    def __init__(self, status, reason):
        super().__init__(reason)
        self.status = status


def read_secrets(text):
    """Returns the keys of one secret, or of two during a rotation. Anybody can sign with an empty key, so none may be."""
    return [key_of(secret.strip()) for secret in text.split(",")]


def key_of(secret):
    if not secret:
        raise ValueError("The signing secret is empty: set BELLWIRE_WEBHOOK_SECRET to whsec_….")
    encoded = secret.removeprefix("whsec_")
    if not BASE64.fullmatch(encoded):
        raise ValueError("The signing secret is not base64. Copy it whole from the endpoint's page.")
    key = base64.b64decode(encoded)
    if len(key) < KEY_BYTES_MIN:
        raise ValueError(f"The signing secret has {len(key)} bytes; at least {KEY_BYTES_MIN} are required.")
    return key


def verify(headers, body, keys):
    """Refuses a request that none of the keys signed recently."""
    message_id, timestamp, signature = (headers.get(f"webhook-{name}") for name in ("id", "timestamp", "signature"))
    if not message_id or not timestamp or not signature:
        raise Refused(401, "header-missing")
    if not re.fullmatch(r"[0-9]{1,12}", timestamp):
        raise Refused(401, "timestamp-unreadable")
    age = time.time() - int(timestamp)
    if abs(age) > TOLERANCE_SECONDS:
        raise Refused(401, "too-old" if age > 0 else "too-new")
    # The signature covers the bytes as sent: parsing and serializing would change them.
    signed = f"{message_id}.{timestamp}.".encode("latin-1") + body
    is_right = False
    for key in keys:
        right = b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
        for candidate in signature.encode("latin-1").split(b" "):
            is_right |= hmac.compare_digest(candidate, right)
    if not is_right:
        raise Refused(401, "signature-wrong")


class NoDoctype(TreeBuilder):
    """Refuses document types, which events never have: their entities can grow without limit or name files."""

    def doctype(self, name, public_id, system):
        raise ValueError("document types are not accepted")


def read_event(headers, body):
    """Returns the type, the action and the fields of the object, such as "account", "created" and {"id": "31", …}."""
    try:
        text = body.decode("utf-8")
        is_json = "json" in headers.get("content-type", "")
        kind, action, fields = read_json(text, headers["bellwire-event-type"]) if is_json else read_xml(text)
    except (ParseError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(422, f"The body is not an event: {error}") from error
    if not action or not fields.get("id"):
        raise Refused(422, "The body is not an event: it has no action, or an object without an id.")
    return kind, action, fields


def read_xml(text):
    parser = XMLParser(target=NoDoctype())
    parser.feed(text)
    event = parser.close()
    kind = event.findtext("type")
    [item] = event.find("object")
    if event.tag != "event" or item.tag != object_name(kind):
        raise ValueError("the document is another one")
    return kind, event.findtext("action"), {field.tag: field.text for field in item}


def read_json(text, event_type):
    event = json.loads(text)
    # The format cloudevents-binary has the data only, and the type in the headers.
    is_envelope = isinstance(event.get("type"), str) and isinstance(event.get("data"), dict)
    event_type, data = (event["type"], event["data"]) if is_envelope else (event_type, event)
    kind, _, action = event_type.partition(".")
    fields = data[object_name(kind)]
    if not isinstance(fields, dict):
        raise ValueError("its object is not a record")
    return kind, action, fields


def object_name(kind):
    """The event deliveries.exhausted is about an endpoint."""
    return "endpoint" if kind == "deliveries" else kind


class Inbox:
    """Takes in each event once. A real receiver stores the ids and sequences in its database, in the transaction that
    processes the event: memory is limited, and empty after a restart."""

    def __init__(self):
        self.lock = threading.Lock()
        self.done = set()
        self.newest = {}

    def take_in(self, headers, event):
        kind, action, fields = event
        message_id, sequence, actor = headers["webhook-id"], headers["bellwire-sequence"], headers["bellwire-actor"]
        if not re.fullmatch(r"[0-9]{1,15}", sequence or "") or not actor or not headers["bellwire-event-type"]:
            raise Refused(422, "The headers of an event are missing or invalid.")
        if headers["bellwire-test"] == "true":
            return  # a sample, which is not an event
        item = (object_name(kind), str(fields["id"]))
        with self.lock:
            if message_id in self.done:
                return
            # An event has the whole object, so one that a newer event has overtaken is out of date.
            if int(sequence) > self.newest.get(item, -1):
                print(f"{kind} {fields['id']} {action} by {actor}", flush=True)
                self.newest[item] = int(sequence)
            self.done.add(message_id)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open
    timeout = BODY_SECONDS_MAX  # of each read
    keys = []
    inbox = Inbox()

    def do_POST(self):
        try:
            self.answer(*self.receive())
        except ConnectionError:
            self.close_connection = True  # the sender left within the body, or before the answer

    def receive(self):
        """Returns the status of the answer, and the reason of a refusal."""
        try:
            body = self.read_body()
            verify(self.headers, body, self.keys)
            self.inbox.take_in(self.headers, read_event(self.headers, body))
            return 200, ""  # exactly 200: Bellwire retries after any other status
        except Refused as refused:
            return refused.status, str(refused)
        except TimeoutError:
            return 408, "The body took too long."

    def read_body(self):
        length = self.headers.get("content-length", "")
        if not re.fullmatch(r"[0-9]{1,15}", length) or self.headers["transfer-encoding"]:
            raise Refused(411, "The length of the body is missing.")
        if int(length) > BODY_BYTES_MAX:
            raise Refused(413, f"The body is longer than {BODY_BYTES_MAX} bytes.")
        body = bytearray()
        deadline = time.monotonic() + BODY_SECONDS_MAX
        while len(body) < int(length):
            piece = self.rfile.read1(min(int(length) - len(body), 65536))
            if not piece:
                raise ConnectionError
            if time.monotonic() > deadline:
                raise TimeoutError
            body += piece
        return bytes(body)

    def answer(self, status, reason):
        text = reason.encode()
        self.send_response(status)
        if status in (408, 411, 413):
            self.send_header("connection", "close")  # the rest of the body is unread
        self.send_header("content-type", "text/plain; charset=utf-8")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        """Prints events only."""


def main():
    try:
        Receiver.keys = read_secrets(os.environ.get("BELLWIRE_WEBHOOK_SECRET", ""))
    except ValueError as error:
        sys.exit(str(error))
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "4000"))), Receiver)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
