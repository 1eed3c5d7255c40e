"""sqlmap on every place where a client's text reaches SQL: `sqlmap.py <GraphQL URL> <folder>`.

sqlmap knows parameters of URLs, not variables of documents, nor texts inside of cursors and ids: a door in front of the hub
puts each parameter where it belongs. One door leads to a hole that was made for it: sqlmap must find that one."""

import base64
import http.server
import json
import sqlite3
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

url, folder = sys.argv[1], Path(sys.argv[2])

DEVICES = "query($filter: DeviceFilter, $after: String) { devices(first: 3, filter: $filter, after: $after) { nodes { hostname } } }"
EXCEPTIONS = "query($filter: ExceptionFilter) { exceptions(first: 3, filter: $filter) { nodes { hostname } } }"
NODE = "query($id: ID!) { node(id: $id) { id __typename } }"
CLIENTS = "query($name: String) { organizations(first: 3, filter: { name: { contains: $name } }) { nodes { name } } }"
SYNC = "query($id: ID!) { syncs(first: 3, filter: { device: { eq: $id } }) { nodes { hostname } } }"


def opaque(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def cursor(text: str) -> str:
    return opaque(json.dumps(["devices/canonical_hostname/Asc", text, 12]))


def hostname(operator: str):
    return lambda text: (DEVICES, {"filter": {"hostname": {operator: text}}})


# Where a text goes, and one that finds something.
PLACES = {
    "filter-eq": (hostname("eq"), "acad-ws-0011"),
    "filter-contains": (hostname("contains"), "acad"),
    "filter-starts": (hostname("startsWith"), "acad"),
    "filter-name": (lambda text: (CLIENTS, {"name": text}), "a"),
    "search": (lambda text: (EXCEPTIONS, {"filter": {"text": {"contains": text}}}), "acad"),
    "assignee": (lambda text: (EXCEPTIONS, {"filter": {"assignee": {"eq": text}}}), "kim"),
    "cursor": (lambda text: (DEVICES, {"after": text}), cursor("acad-ws-0011")),
    "cursor-inside": (lambda text: (DEVICES, {"after": cursor(text)}), "acad-ws-0011"),
    "id": (lambda text: (NODE, {"id": text}), opaque("Device:80")),
    "id-inside": (lambda text: (NODE, {"id": opaque(f"Device:{text}")}), "80"),
    "id-in-filter": (lambda text: (SYNC, {"id": opaque(f"Device:{text}")}), "80"),
}
HOLE = "hole"


def ask(place: str, text: str) -> bytes:
    if place == HOLE:
        return hole(text)
    document, variables = PLACES[place][0](text)
    body = json.dumps({"query": document, "variables": variables}).encode()
    request = urllib.request.Request(url, body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()


def hole(text: str) -> bytes:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE device AS SELECT 1 AS id, 'acad' AS hostname")
    return json.dumps(database.execute(f"SELECT id FROM device WHERE hostname = '{text}'").fetchall()).encode()


class Door(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        parsed = urllib.parse.urlparse(self.path)
        text = urllib.parse.parse_qs(parsed.query, keep_blank_values=True)["value"][0]
        try:
            status, answer = 200, ask(parsed.path.strip("/"), text)
        except urllib.error.HTTPError as error:
            status, answer = error.code, error.read()
        except sqlite3.Error as error:
            status, answer = 500, str(error).encode()
        if status >= 500 and not parsed.path.startswith(f"/{HOLE}"):
            broken.add(f"{parsed.path}: status {status} for {text!r}")
        self.send_response(status)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_) -> None:
        """sqlmap says enough."""


broken: set[str] = set()
door = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
threading.Thread(target=door.serve_forever, daemon=True).start()


def is_injectable(place: str, text: str) -> bool:
    address = f"http://127.0.0.1:{door.server_port}/{place}?value={urllib.parse.quote(text)}"
    sqlmap = Path(sys.executable).with_name("sqlmap")
    options = ["--batch", "--disable-coloring", "--flush-session", "--level=2", "--risk=2", "--technique=BEUS", "--threads=2"]
    command = [sqlmap, "-u", address, "-p", "value", *options, f"--output-dir={folder}"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    print(f"=== {place}\n{ended.stdout}")
    found = "identified the following injection point" in ended.stdout
    assert found != ("do not appear to be injectable" in ended.stdout), f"{place}: sqlmap did not finish"
    return found


for place, (_, text) in PLACES.items():
    assert "errors" not in json.loads(ask(place, text)), f"{place} does not take {text}"
assert is_injectable(HOLE, "acad"), "sqlmap did not find the hole that was made for it"
injectable = [place for place, (_, text) in PLACES.items() if is_injectable(place, text)]
print(f"{len(PLACES)} places tried, injectable: {injectable or 'none'}, broken: {sorted(broken) or 'none'}")
sys.exit(bool(injectable or broken))
