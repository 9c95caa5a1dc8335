"""mosaik as a peer of `npm run bench -- world`: `world_mosaik.py JSON`; see world-ours.ts."""

import json
import os
import sys
import time
import warnings

warnings.filterwarnings("ignore")
sys.path.insert(0, os.path.dirname(__file__))
import mosaik  # noqa: E402
from loguru import logger  # noqa: E402

logger.remove()
SIMULATOR = os.path.join(os.path.dirname(__file__), "world_simulator.py")


def run(chain, entities, others, remote, until):
    entry = {"cmd": f"{sys.executable} {SIMULATOR} %(addr)s"} if remote else {"python": "world_simulator:Simulator"}
    with mosaik.World({"S": entry}, mosaik_config={"start_timeout": 60}) as world:
        before = None
        for i in range(chain):
            here = world.start("S").M.create(entities if i > 0 else 1)
            if before is not None:
                for k, entity in enumerate(here):
                    world.connect(before[k % len(before)], entity, ("x", "y"))
            before = here
        for _ in range(others):
            world.start("S", idle=True).M.create(1)
        cpu, wall = time.process_time(), time.perf_counter()
        world.run(until=until, print_progress=False)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {"cpuUs": cpu * 1e6, "wallUs": wall * 1e6, "steps": chain * until + others}


given = json.loads(sys.argv[1])
print(json.dumps(run(**given)), flush=True)
