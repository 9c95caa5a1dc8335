"""mango as a peer of `npm run bench -- agents`: `mango_population.py KIND AGENTS`; see population.ts."""

import asyncio
import sys

from mango import Agent, activate, create_ec_container
from population_lines import serve


class Counts:
    timers = 0
    messages = 0


class Idle(Agent):
    def handle_message(self, content, meta):
        Counts.messages += 1


class Neighbour(Idle):
    to = None

    def on_ready(self):
        self.schedule_periodic_task(self.tick, delay=1)

    async def tick(self):
        Counts.timers += 1
        await self.send_message(1, self.to)


async def main(kind, count):
    container = create_ec_container(addr="bench")
    now = 0

    async def populate():
        agents = [container.register((Idle if kind == "idle" else Neighbour)(), f"agent-{i}") for i in range(count)]
        for i, agent in enumerate(agents):
            agent.to = agents[(i + 1) % count].addr
        await container.start()
        container.on_ready()
        await container.step(0, [])
        return run

    async def run(steps):
        nonlocal now
        timers, messages = Counts.timers, Counts.messages
        for _ in range(steps):
            now += 1
            await container.step(now, [])
        return Counts.timers - timers, Counts.messages - messages

    await serve(populate)
    await container.shutdown()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
