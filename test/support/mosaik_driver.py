"""Real mosaik, one scenario after the other: a JSON text a line comes in, one with what happened goes out.

A request has the `scenario` and, by simulator, `starters`: {"connect": …} or {"cmd": …} as mosaik takes them, or null
for a Python simulator, which this process serves from a thread of its own over a socket, as any remote one.
"""

import asyncio
import json
import queue
import sys
import threading
import warnings

import mosaik
import mosaik_api_v3
from loguru import logger
from mosaik_api_v3.connection import Channel
from mosaik_script import Script, plain

warnings.simplefilter("ignore")
errors = []
logger.remove()
logger.add(lambda text: errors.append(str(text)), level="ERROR", format="{message}")

python_scripts = []


async def serve_python(started):
    async def serve(reader, writer):
        simulator = Script()
        python_scripts.append(simulator)
        channel = Channel(reader, writer)
        try:
            await mosaik_api_v3.run_simulator(channel, simulator, api_compliant=True)
        except ConnectionError:
            pass
        finally:
            await channel.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    started.put_nowait(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def start_python_server():
    started = queue.Queue()
    threading.Thread(target=lambda: asyncio.run(serve_python(started)), daemon=True).start()
    return f"127.0.0.1:{started.get(timeout=60)}"


def family(entity):
    return [entity, *(other for child in entity.children for other in family(child))]


def entity_text(entity):
    return [entity.full_id, entity.type, plain(entity.extra_info), [entity_text(child) for child in entity.children]]


class Stage:
    def __init__(self, scenario, config):
        self.scenario = scenario
        self.world = mosaik.World(
            config,
            {"start_timeout": 60},
            time_resolution=scenario["timeResolution"],
            cache=scenario["cache"],
        )
        self.seen = {}
        self.entities = {}

    def start_all(self, path, sims):
        """Start simulators; those in a row that are in one further group are started within it."""
        while sims:
            group = sims[0]["group"][len(path) :][:1]
            inside = [*path, *group]
            row = []
            while sims and group and sims[0]["group"][: len(inside)] == inside:
                row.append(sims.pop(0))
            if row:
                with self.world.group():
                    self.start_all(inside, row)
            else:
                self.start(sims.pop(0))

    def start(self, sim):
        sid = sim["sid"]
        options = {"script": sim["script"]} if sim.get("log") is None else {"script": sim["script"], "log": sim["log"]}
        handle = self.world.start(sid, sim_id=sid, **options)
        seen = self.seen[sid] = []
        if sim["hello"] is not None:
            seen.append(plain(handle.hello(*sim["hello"]["args"], **sim["hello"]["kwargs"])))
        made = [entity for item in sim["creates"] for entity in handle.M.create(item["num"], **item["params"])]
        seen.append([entity_text(entity) for entity in made])
        self.entities[sid] = [other for entity in made for other in family(entity)]

    def entity(self, end):
        entities = self.entities[end["sid"]]
        return entities[end["entity"] % len(entities)]

    def connect_all(self):
        for item in self.scenario["connections"]:
            src, dest = self.entity(item["src"]), self.entity(item["dest"])
            options = {}
            if item["shift"] > 0:
                options["time_shifted"] = item["shift"]
            if item["weak"]:
                options["weak"] = True
            if "initial" in item:
                options["initial_data"] = {item["src"]["attr"]: item["initial"]}
            if item["async"]:
                options["async_requests"] = True
            self.world.connect(src, dest, (item["src"]["attr"], item["dest"]["attr"]), **options)

    def run(self):
        self.start_all([], list(self.scenario["sims"]))
        self.connect_all()
        for sim in self.scenario["sims"]:
            for time in sim["initialEvents"]:
                self.world.set_initial_event(sim["sid"], time)
        if self.scenario["looks"]:
            first = next(iter(self.entities.values()))[0]
            self.seen["before"] = plain(list(self.world.get_data([first], "a").values()))
        self.world.run(until=self.scenario["until"], lazy_stepping=self.scenario["lazy"], print_progress=False)


def play(request, python_address):
    errors.clear()
    python_scripts.clear()
    starters = {sid: starter or {"connect": python_address} for sid, starter in request["starters"].items()}
    stage = Stage(request["scenario"], starters)
    error = None
    try:
        stage.run()
    except (Exception, SystemExit) as thrown:
        error = f"{type(thrown).__name__}: {thrown}"
    finally:
        stage.world.shutdown()
    logs = {script.log[0][1]: script.log for script in python_scripts if script.log}
    return {"error": error, "errors": list(errors), "seen": stage.seen, "logs": logs}


def main():
    print(json.dumps({"mosaik": mosaik.__version__}), flush=True)
    python_address = start_python_server()
    for line in sys.stdin:
        print(json.dumps(play(json.loads(line), python_address)), flush=True)


main()
