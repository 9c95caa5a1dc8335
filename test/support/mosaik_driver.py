"""Real mosaik, one scenario after the other: a JSON text a line comes in, one with what happened goes out.

A request has the `scenario` and, by simulator, `starters`: {"connect": …} or {"cmd": …} as mosaik takes them, or null
for a Python simulator, which this process serves from a thread of its own over a socket, as any remote one. `mended`
asks for a mosaik without faults that `mend` names: "all" of them, or that of the "cache". With `late` every Python
simulator takes each request some milliseconds late, by chance. Other masters may connect to the Python simulators, too;
the request {"logs": true} brings their logs.
"""

import asyncio
import copy
import heapq
import json
import queue
import random
import sys
import threading
import warnings

import mosaik
import mosaik.scheduler
import mosaik.simmanager
import mosaik_api_v3
from loguru import logger
from mosaik_api_v3.connection import Channel
from mosaik_script import Script, plain

warnings.simplefilter("ignore")
errors = []
logger.remove()
logger.add(lambda text: errors.append(str(text)), level="ERROR", format="{message}")

python_scripts = []
late = threading.Event()

MENDED = [
    (mosaik.scheduler, "prune_dataflow_cache"),
    (mosaik.scheduler, "merge_all"),
    (mosaik.scheduler, "cache_output_data"),
    (mosaik.scheduler, "push_output_data"),
    (mosaik.scheduler, "get_input_data"),
    (mosaik.simmanager.TimedInputBuffer, "get_input"),
    (mosaik.simmanager.SimRunner, "get_output_for"),
    (mosaik.simmanager.SimRunner, "schedule_step"),
]
ORIGINALS = [getattr(owner, name) for owner, name in MENDED]


def mend_cache():
    """Mend mosaik 3.7.1's dropping of outputs from its cache that a time-shifted connection is still to pull."""
    mosaik.scheduler.prune_dataflow_cache = lambda _world: None


def mend(until):
    """Mend faults of mosaik 3.7.1: that of the cache, and these.

    - An event to an entity that has remembered inputs is written into what is remembered, and repeated for ever.
    - A step that is caused at or after the end of the run is waited for, for ever.
    - Values from a same-time loop arrive by the time alone: a sub-step early, if their source was quicker.
    """
    _, merge_all, cache, _, get_input_data, _, get_output_for, schedule_step = ORIGINALS

    now, pulled = None, iter(())

    def schedule(sim, time):
        return time if time.time >= until else schedule_step(sim, time)

    def push(sim, data, _time):
        for (eid, attr), ways in sim.output_to_push.items():
            for way in ways if attr in data.get(eid, {}) else []:
                due = sim.output_time + way.delay
                value = way.transform(data[eid][attr])
                way.dest_sim.timed_input_buffer.add(due, sim.sid, eid, *way.dest_port, value)

    def keep(sim, data, time):
        cache(sim, data, time)
        vars(sim).setdefault("by_sub_step", {})[sim.output_time] = data

    def gather(world, sim):
        nonlocal now, pulled
        now, pulled = sim.current_step, iter(sim.pulled_inputs)
        return get_input_data(world, sim)

    def pull(source, time):
        way = next(pulled, None)
        if way is None:
            return get_output_for(source, time)
        for put, data in reversed(getattr(source, "by_sub_step", {}).items()):
            if put + way[1] <= now:
                return data
        return next((data for put, data in reversed(source.outputs.items()) if put < 0 and put <= time), {})

    def take(buffer, inputs, _time):
        while buffer.input_queue and buffer.input_queue[0][0] <= now:
            _, _, source, eid, attr, value = heapq.heappop(buffer.input_queue)
            inputs.setdefault(eid, {}).setdefault(attr, {})[source] = value
        return inputs

    mend_cache()
    mosaik.scheduler.merge_all = lambda merger, target, other: merge_all(merger, target, copy.deepcopy(other))
    mosaik.scheduler.cache_output_data = keep
    mosaik.scheduler.push_output_data = push
    mosaik.scheduler.get_input_data = gather
    mosaik.simmanager.TimedInputBuffer.get_input = take
    mosaik.simmanager.SimRunner.get_output_for = pull
    mosaik.simmanager.SimRunner.schedule_step = schedule


def unmend():
    for (owner, name), original in zip(MENDED, ORIGINALS, strict=True):
        setattr(owner, name, original)


class LateChannel(Channel):
    async def next_request(self):
        request = await super().next_request()
        if late.is_set():
            await asyncio.sleep(random.choice([0, 0.001, 0.005]))
        return request


async def serve_python(started):
    async def serve(reader, writer):
        simulator = Script()
        python_scripts.append(simulator)
        channel = LateChannel(reader, writer)
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
        self.world.run(until=self.scenario["until"], print_progress=False)


def play(request, python_address):
    errors.clear()
    python_scripts.clear()
    (late.set if request.get("late") else late.clear)()
    unmend()
    if request.get("mended") == "all":
        mend(request["scenario"]["until"])
    elif request.get("mended") == "cache":
        mend_cache()
    starters = {sid: starter or {"connect": python_address} for sid, starter in request["starters"].items()}
    stage = Stage(request["scenario"], starters)
    error = None
    try:
        stage.run()
    except (Exception, SystemExit) as thrown:
        error = f"{type(thrown).__name__}: {thrown}"
    finally:
        stage.world.shutdown()
    return {"error": error, "errors": list(errors), "seen": stage.seen, "logs": logs()}


def logs():
    taken = {script.log[0][1]: script.log for script in python_scripts if script.log}
    python_scripts.clear()
    return taken


def main():
    python_address = start_python_server()
    print(json.dumps({"mosaik": mosaik.__version__, "python": python_address}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(logs() if request.get("logs") else play(request, python_address)), flush=True)


main()
