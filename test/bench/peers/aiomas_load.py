"""aiomas as a peer of `npm run bench -- rpc`: `aiomas_load.py server` or `aiomas_load.py client ADDRESS`; see load.ts."""

import asyncio
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "support"))
import aiomas_compat  # noqa: E402,F401  (has to come before aiomas)
import aiomas  # noqa: E402


class Battery:
    router = aiomas.rpc.Service()

    @router.expose
    def offer(self, kw):
        return kw + 1


def say(**values):
    print(json.dumps(values), flush=True)


async def lines():
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        yield line


async def server():
    served = await aiomas.rpc.start_server(("127.0.0.1", 0), Battery(), codec=aiomas.MsgPack)
    say(address="%s:%d" % served.sockets[0].getsockname()[:2])
    async for _ in lines():
        say(cpuUs=time.process_time() * 1e6)


async def client(address):
    host, port = address.split(":")
    connection = await aiomas.rpc.open_connection((host, int(port)), codec=aiomas.MsgPack)
    remote = connection.remote

    async def lane(calls):
        for i in range(calls):
            assert await remote.offer(i) == i + 1

    say(ready=True)
    async for line in lines():
        order = json.loads(line)
        cpu, start = time.process_time(), time.perf_counter()
        width = order["width"]
        await asyncio.gather(*(lane(order["calls"] // width) for _ in range(width)))
        wall_s = time.perf_counter() - start
        say(calls=order["calls"], wallMs=wall_s * 1e3, cpuUs=(time.process_time() - cpu) * 1e6)


asyncio.run(server() if sys.argv[1] == "server" else client(sys.argv[2]))
