"""aiomas as a peer of `npm run bench -- agents`: `aiomas_population.py KIND AGENTS`; see population.ts."""

import asyncio
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "support"))
import aiomas_compat  # noqa: E402,F401  (has to come before aiomas)
import aiomas  # noqa: E402
from population_lines import serve  # noqa: E402


class Counts:
    timers = 0
    messages = 0


class Neighbour(aiomas.Agent):
    @aiomas.expose
    def note(self, value):
        Counts.messages += 1

    @aiomas.expose
    def echo(self, value):
        return value

    async def live(self, to):
        peer = await self.container.connect(to)
        while True:
            await self.container.clock.sleep(1)
            Counts.timers += 1
            await peer.note(1)

    async def ask(self, to, calls):
        peer = await self.container.connect(to)
        for i in range(calls):
            assert await peer.echo(i) == i


async def main(kind, count):
    clock = aiomas.ExternalClock("2026-01-01T00:00:00Z")
    # aiomas takes the address as it is given, so a free port has to be found before.
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = free.getsockname()
    container = await aiomas.Container.create(address, clock=clock, as_coro=True)
    agents = []
    now = 0

    async def populate():
        agents.extend(Neighbour(container) for _ in range(count))
        if kind == "step":
            for i, agent in enumerate(agents):
                asyncio.ensure_future(agent.live(agents[(i + 1) % count].addr))
            while len(clock._queue) < count:
                await asyncio.sleep(0)
        return run

    async def run(steps):
        nonlocal now
        if kind == "call":
            await agents[0].ask(agents[1].addr, steps)
            return 0, steps
        timers, messages = Counts.timers, Counts.messages
        for step in range(steps):
            now += 1
            clock.set_time(now)
            # `set_time` comes back before anybody has run.
            while kind == "step" and Counts.messages < messages + (step + 1) * count:
                await asyncio.sleep(0)
            while kind == "step" and len(clock._queue) < count:
                await asyncio.sleep(0)
        return Counts.timers - timers, Counts.messages - messages

    await serve(populate)
    await container.shutdown(as_coro=True)


asyncio.get_event_loop().run_until_complete(main(sys.argv[1], int(sys.argv[2])))
