#!/usr/bin/env bash
# jira (pycontribs) 3.10.5: create_issue_link takes another type's phrase before the exact name of a type.
#
# A site has two issue link types:
#     Dependency   outward "depends on"      inward "Blocks"
#     Blocks       outward "blocks"          inward "is blocked by"
# create_issue_link("Blocks", "A-1", "A-2") names the second type exactly, and should link A-1 to A-2 with it. The client
# asks whether the text is among the types, but compares it with IssueLinkType objects, which is never true. So it always
# goes on to the phrases, finds "Blocks" as the inward phrase of Dependency, and sends
#     {"type": {"name": "Dependency"}, "inwardIssue": {"key": "A-2"}, "outwardIssue": {"key": "A-1"}}
# which is another type, and turned round. Jira answers 201, so nobody notices.
#
# Output seen: that body as one line of JSON. Exits 0 while that is so, 1 when it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check jira==3.10.5
cat >"$folder/link.py" <<'PY'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from jira import JIRA

TYPES = [
    {"id": "1", "name": "Dependency", "inward": "Blocks", "outward": "depends on", "self": "http://x/1"},
    {"id": "2", "name": "Blocks", "inward": "is blocked by", "outward": "blocks", "self": "http://x/2"},
]
INFO = {"baseUrl": "http://x", "version": "1001.0.0", "versionNumbers": [1001, 0, 0], "deploymentType": "Cloud"}
sent = []


class Site(BaseHTTPRequestHandler):
    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self):
        self.answer(200, {"issueLinkTypes": TYPES} if self.path.endswith("/issueLinkType") else INFO)

    def do_POST(self):
        sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer(201, {})

    def log_message(self, *args):
        pass


server = HTTPServer(("127.0.0.1", 0), Site)
threading.Thread(target=server.serve_forever, daemon=True).start()
jira = JIRA(f"http://127.0.0.1:{server.server_port}", basic_auth=("a@example.com", "x"), max_retries=0)
jira.create_issue_link("Blocks", "A-1", "A-2")
(body,) = sent
body.pop("comment", None)
print(json.dumps(body, sort_keys=True))
expected = {"type": {"name": "Dependency"}, "inwardIssue": {"key": "A-2"}, "outwardIssue": {"key": "A-1"}}
raise SystemExit(body != expected)
PY
"$folder/venv/bin/python" "$folder/link.py"
