"""Scenarios of real mosaik with puppets as processes: `mosaik_scenarios.py SPEC`, SPEC being JSON.

SPEC names the folder for the puppets' logs, `languages`, and how to start a puppet in each: simulators take the
languages in turn. A scenario's simulator SID logs to <scenario>.<SID>.jsonl.
"""

import json
import os
import sys

import mosaik

spec = json.loads(sys.argv[1])
config = {language: {"cmd": command} for language, command in spec["commands"].items()}


class Stage:
    """A world whose simulators take the languages in turn."""

    def __init__(self, name):
        self.name = name
        self.world = mosaik.World(config)
        self.count = 0

    def start(self, sid, kind, **options):
        language = spec["languages"][self.count % len(spec["languages"])]
        self.count += 1
        log = os.path.join(spec["folder"], f"{self.name}.{sid}.jsonl")
        return self.world.start(language, sim_id=sid, kind=kind, log=log, **options)

    def run(self, until):
        self.world.run(until=until, print_progress=False)


def time_based(stage):
    """Two step sizes, a time-shifted way back, NaN, an extra method, children, get_data before the run."""
    a = stage.start("A", "time-based", step_size=1, nan_at=4)
    b = stage.start("B", "time-based", step_size=2)
    print(json.dumps(a.hello(1, "ü", b=3.5)))
    sources = a.M.create(2, gain=3)
    [dest] = b.M.create(1)
    print(json.dumps(sources[0].extra_info))
    for source in sources:
        stage.world.connect(source, dest, ("x", "y"), ("y", "x"))
    stage.world.connect(dest, sources[0], ("x", "y"), time_shifted=True, initial_data={"x": 1})
    stage.run(6)


def event_based(stage):
    """An initial event, self-steps, output times in the future, no next step."""
    e = stage.start("E", "event-based", step_size=2, until_self=7)
    f = stage.start("F", "event-based", delay=1)
    g = stage.start("G", "event-based")
    [first], [second], [third] = e.M.create(1), f.M.create(1, gain=2), g.M.create(1)
    stage.world.connect(first, second, ("out", "in"))
    stage.world.connect(first, third, ("out", "in"))
    stage.world.connect(second, third, ("out", "in"))
    stage.world.set_initial_event("E", 1)
    stage.run(9)


def hybrid(stage):
    """All three types: measurements do not trigger, events do."""
    t = stage.start("T", "time-based", step_size=2)
    h = stage.start("H", "hybrid", step_size=3, ev_at=[3])
    e = stage.start("E", "event-based", step_size=4)
    s = stage.start("S", "event-based")
    [meter], [mix], [source], [sink] = t.M.create(1, gain=5), h.M.create(1), e.M.create(1), s.M.create(1)
    stage.world.connect(meter, mix, ("x", "p"))
    stage.world.connect(source, mix, ("out", "trig"))
    stage.world.connect(mix, sink, ("ev", "in"))
    stage.world.set_initial_event("E", 1)
    stage.run(10)


def same_time_loop(stage):
    """A weak connection: sub-steps at one time, until the event-based one is silent."""
    with stage.world.group():
        h = stage.start("H", "hybrid", step_size=4, ev_at=[0, 4])
        e = stage.start("E", "event-based")
        [mix], [loop] = h.M.create(1), e.M.create(1)
        stage.world.connect(mix, loop, ("ev", "in"))
        stage.world.connect(loop, mix, ("out", "trig"), weak=True)
    stage.run(6)


def requests_back(stage):
    """Every request to mosaik, within a step, but for set_event."""
    t = stage.start("T", "time-based", step_size=1)
    a = stage.start("A", "time-based", step_size=1, ask=True, other="T.M_0")
    [plant], [agent] = t.M.create(1), a.M.create(1)
    stage.world.connect(plant, agent, "x", async_requests=True)
    stage.run(4)


for scenario in (time_based, event_based, hybrid, same_time_loop, requests_back):
    scenario(Stage(scenario.__name__))
print(f"mosaik {mosaik.__version__}")
