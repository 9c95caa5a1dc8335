"""mango with and without its tracing: `mango_traced.py AGENTS STEPS FILE` writes nanoseconds of a message, both ways."""

import asyncio
import json
import sys
import time

from mango import activate, create_ec_container
from mango.util.tracing import TraceConfig
from mango_population import Counts, Neighbour


async def run(count, steps, trace):
    container = create_ec_container(addr="bench")
    agents = [container.register(Neighbour(), f"agent-{i}") for i in range(count)]
    for i, agent in enumerate(agents):
        agent.to = agents[(i + 1) % count].addr
    before = Counts.messages
    start = time.perf_counter()
    async with activate(container, trace=trace):
        for now in range(steps):
            await container.step(now, [])
    assert Counts.messages - before == count * steps
    return (time.perf_counter() - start) * 1e9 / (count * steps)


async def main(count, steps, path):
    await run(count, 2, None)
    plain = await run(count, steps, None)
    traced = await run(count, steps, TraceConfig(path=path, html=False))
    print(json.dumps({"plainNs": plain, "tracedNs": traced}))


asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
