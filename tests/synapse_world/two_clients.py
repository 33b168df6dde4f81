"""Run by the clients' own environment: two people sign in, share a clear and an encrypted room, and talk in both.

Reads one JSON document from standard input and writes one to standard output: what was said, and what was read.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from typing import Any

from nio import AsyncClient, AsyncClientConfig, MegolmEvent, RoomCreateError, RoomMessageText, RoomSendError

MEGOLM = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}


class Person:
    def __init__(self, server: str, told: dict[str, Any], folder: str) -> None:
        config = AsyncClientConfig(encryption_enabled=True, store_sync_tokens=True)
        self.client = AsyncClient(server, told["user_id"], store_path=folder, config=config)
        self.told, self.read, self.sent = told, [], []  # type: ignore[var-annotated]
        self.client.add_event_callback(self._note, (RoomMessageText, MegolmEvent))

    async def _note(self, _room: Any, event: Any) -> None:
        self.read.append(getattr(event, "body", f"not decrypted: {event.event_id}"))

    async def sign_in(self) -> None:
        await self.client.login(self.told["password"], device_name=self.told["device_name"])
        await self.sync()
        if self.client.should_upload_keys:
            await self.client.keys_upload()

    async def sync(self) -> None:
        await self.client.sync(timeout=500, full_state=True)

    async def room(self, name: str, guest: str, encrypted: bool) -> str:
        state = [MEGOLM] if encrypted else []
        made = await self.client.room_create(name=name, invite=[guest], initial_state=state)
        if isinstance(made, RoomCreateError):
            raise SystemExit(str(made))
        return str(made.room_id)

    async def say(self, room: str, text: str) -> None:
        content = {"msgtype": "m.text", "body": text}
        sent = await self.client.room_send(room, "m.room.message", content, ignore_unverified_devices=True)
        if isinstance(sent, RoomSendError):
            raise SystemExit(str(sent))
        self.sent.append({"room": room, "text": text, "event": sent.event_id})

    def told_back(self) -> dict[str, Any]:
        return {
            "user_id": self.client.user_id,
            "device_id": self.client.device_id,
            "access_token": self.client.access_token,
            "sent": self.sent,
            "read": self.read,
        }


async def meet(first: Person, second: Person) -> tuple[str, str]:
    """The order matters: keys must be known before anything is sent into the encrypted room."""
    await first.sign_in()
    await second.sign_in()
    clear = await first.room("Allotment", second.told["user_id"], encrypted=False)
    sealed = await first.room("Kitchen", second.told["user_id"], encrypted=True)
    for room in (clear, sealed):
        await second.client.join(room)
    for _ in range(2):
        await first.sync()
        await second.sync()
    for person in (first, second):
        if person.client.should_query_keys:
            await person.client.keys_query()
    return clear, sealed


async def main(task: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        first = Person(task["server"], task["people"][0], one)
        second = Person(task["server"], task["people"][1], two)
        try:
            clear, sealed = await meet(first, second)
            for person in (first, second):
                for text in person.told["clear"]:
                    await person.say(clear, text)
                for text in person.told["sealed"]:
                    await person.say(sealed, text)
                await first.sync()
                await second.sync()
        finally:
            await first.client.close()
            await second.client.close()
        return {"clear_room": clear, "sealed_room": sealed, "people": [first.told_back(), second.told_back()]}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(json.load(sys.stdin)))))
