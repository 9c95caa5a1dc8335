"""mosaik as the master of the simulators in `world-relay.ts`, or of the same in this process; see `world-master.ts`."""

import json
import sys
import time

import mosaik
import mosaik_api_v3
from loguru import logger

logger.remove()


class Relay(mosaik_api_v3.Simulator):
    """Hands on what comes to its first entity, plus one."""

    def __init__(self):
        model = {"public": True, "params": [], "attrs": ["x"]}
        super().__init__({"type": "time-based", "models": {"M": model}, "extra_methods": ["get_result"]})
        self.steps = self.reached = self.x = 0

    def init(self, sid, time_resolution, step_size=1):
        self.step_size = step_size
        return self.meta

    def create(self, num, model):
        return [{"eid": f"E{i}", "type": model} for i in range(num)]

    def step(self, time, inputs, max_advance):
        self.steps += 1
        self.x = 1 + sum(inputs.get("E0", {}).get("x", {}).values())
        if self.steps == 1:
            self.reached = len(inputs)
        return time + self.step_size

    def get_data(self, outputs):
        return {"E0": {"x": self.x}}

    def get_result(self):
        return [self.steps, self.reached, self.x]


def run(chain, entities, idle, until, addresses):
    here = {"python": "__main__:Relay"}
    config = {f"S{i}": {"connect": addresses[i]} if addresses else here for i in range(chain)}
    with mosaik.World({"Idle": here, **config}, skip_greetings=True) as world:
        handles, sources = [], []
        for i in range(chain):
            handle = world.start(f"S{i}")
            made = handle.M.create(entities if i == chain - 1 else 1)
            for source in sources:
                for entity in made:
                    world.connect(source, entity, "x")
            handles.append(handle)
            sources = made
        before = None
        for _ in range(idle):
            entity = world.start("Idle", step_size=until).M()
            if before is not None:
                world.connect(before, entity, "x")
            before = entity
        # `run` shuts the world down, so what came of it is asked for before that.
        results = []
        shutdown = world.shutdown

        def ask_first():
            if not results:
                results.append((time.process_time(), time.perf_counter(), handles[-1].get_result()))
            shutdown()

        world.shutdown = ask_first
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        world.run(until=until, print_progress=False)
        if not results:
            ask_first()
        (end_cpu_s, end_wall_s, result) = results[0]
    return {"cpuUs": (end_cpu_s - cpu_s) * 1e6, "wallUs": (end_wall_s - wall_s) * 1e6, "result": result}


print("{}", flush=True)
for line in sys.stdin:
    print(json.dumps(run(**json.loads(line))), flush=True)
