"""What the hub that is up really has: ids and days that documents can name."""

import json
import os
import urllib.request

URL = os.environ["HUB_URL"]

QUERY = """{
  availableDates(first: 400) { date complete }
  devices(first: 20) { nodes { id } }
  exceptions(first: 20) { nodes { id } }
  organizations(first: 20) { nodes { id } }
  jobBatches(first: 20) { nodes { id runs { id } } }
}"""


def ask(query: str) -> dict:
    body = json.dumps({"query": query}).encode()
    request = urllib.request.Request(URL, body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["data"]


_told = ask(QUERY)


def _ids(name: str) -> list[str]:
    return [node["id"] for node in _told[name]["nodes"]]


DAYS = sorted(day["date"] for day in _told["availableDates"] if day["complete"])
IDS = {
    "device": _ids("devices"),
    "exception": _ids("exceptions"),
    "organization": _ids("organizations"),
    "batch": _ids("jobBatches"),
    "run": [run["id"] for batch in _told["jobBatches"]["nodes"] for run in batch["runs"]],
}
