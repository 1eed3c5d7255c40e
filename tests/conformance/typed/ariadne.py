"""Generates a typed Python client from schema.graphql and asks with it: `ariadne.py <GraphQL URL> <folder>`."""

import asyncio
import datetime
import subprocess
import sys
from pathlib import Path

url, folder = sys.argv[1], Path(sys.argv[2])
settings = Path(__file__).with_name("ariadne.toml")
folder.mkdir(parents=True, exist_ok=True)
generator = Path(sys.executable).with_name("ariadne-codegen")
subprocess.run([generator, "--config", settings, "client"], cwd=folder, check=True)

sys.path.insert(0, str(folder))
from hub_client import BillingStatus, BillingStatusFilter, Client, DeviceFilter, PauseScheduleInput  # noqa: E402



async def ask() -> None:
    async with Client(url=url) as client:
        billable = DeviceFilter(billing=BillingStatusFilter(eq=BillingStatus.BILLABLE))
        listed = (await client.list_devices(first=2, filter_=billable)).devices
        first = listed.nodes[0]
        assert isinstance(first.last_seen, datetime.date), first
        found = (await client.find_node(id=first.id)).node
        assert (found.typename__, found.hostname) == ("Device", first.hostname), found
        paused = (await client.pause_schedule(input=PauseScheduleInput(schedule="none"))).pause_schedule
        assert [error.code for error in paused.user_errors], paused
        print(f"{listed.total_count} billable devices, the first was last seen on {first.last_seen}")


asyncio.run(ask())
