"""The Python part of the market: agents of aiomas, as one may have them already.

    python traders.py tcp://HOST:PORT/market

They join the market at this address and do what it asks. The program ends with its standard input, so it never outlives
whoever started it. Exit code 3: a package is missing.
"""

import asyncio
import signal
import sys

try:
    import aiomas_compat  # noqa: F401  (has to come before aiomas)
    import aiomas
except ModuleNotFoundError as error:
    print(error.name, file=sys.stderr)
    sys.exit(3)


class Chp(aiomas.Agent):
    """A combined heat and power plant: sells at its cost, and asks more for a start."""

    START = 15  # EUR/MWh, spread over the first hour

    def __init__(self, container, name, cost, kw):
        super().__init__(container)
        self.name, self.cost, self.kw = name, cost, kw
        self.runs = False

    @aiomas.expose
    def bid(self, hour):
        return [[self.cost + (0 if self.runs else self.START), self.kw]]

    @aiomas.expose
    def settle(self, hour, price, kw):
        self.runs = kw > 0


class Boiler(aiomas.Agent):
    """An electric boiler of a heat grid: buys when power is cheaper than gas, until its store is full."""

    GAS = 35  # EUR/MWh
    STORE_KWH = 1200
    DEMAND_KW = 100

    def __init__(self, container, name, kw):
        super().__init__(container)
        self.name, self.kw = name, kw
        self.heat = self.STORE_KWH / 2

    @aiomas.expose
    def bid(self, hour):
        room = self.STORE_KWH - self.heat + self.DEMAND_KW
        return [[self.GAS, -min(self.kw, room)]]

    @aiomas.expose
    def settle(self, hour, price, kw):
        self.heat = max(0, self.heat - kw - self.DEMAND_KW)


async def main(url):
    container = await aiomas.Container.create(("127.0.0.1", 0), codec=aiomas.MsgPack, as_coro=True)
    traders = [
        Chp(container, "chp-1", 42, 300),
        Chp(container, "chp-2", 48, 300),
        Chp(container, "chp-3", 61, 200),
        Boiler(container, "boiler", 250),
    ]
    market = await container.connect(url)
    for trader in traders:
        await market.join(trader.name, trader)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await container.shutdown(as_coro=True)


# Ctrl-C reaches the whole group of processes: whoever started this one ends it.
signal.signal(signal.SIGINT, signal.SIG_IGN)
asyncio.get_event_loop().run_until_complete(main(sys.argv[1]))
