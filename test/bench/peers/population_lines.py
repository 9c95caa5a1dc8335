"""What the Python peers of `npm run bench -- agents` share: a line of JSON in, one out; see population.ts."""

import asyncio
import gc
import json
import sys
import time


def say(**values):
    print(json.dumps(values), flush=True)


def resident_bytes():
    gc.collect()
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096


async def serve(populate):
    """`populate()` gives `run(steps)`, a coroutine that answers how many agent-steps and messages it has seen."""
    before = resident_bytes()
    run = await populate()
    say(bytes=resident_bytes() - before)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        steps = json.loads(line)["steps"]
        wall, cpu = time.perf_counter(), time.process_time()
        done, messages = await run(steps)
        say(
            wallMs=(time.perf_counter() - wall) * 1e3,
            cpuUs=(time.process_time() - cpu) * 1e6,
            done=done,
            messages=messages,
        )
