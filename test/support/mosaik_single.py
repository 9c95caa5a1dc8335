"""Real mosaik with one simulator without entities: `mosaik_single.py CONFIG UNTIL [RT_FACTOR]`, CONFIG being JSON."""

import json
import sys

import mosaik

world = mosaik.World({"S": json.loads(sys.argv[1])})
world.start("S")
if len(sys.argv) > 3:
    world.run(until=int(sys.argv[2]), rt_factor=float(sys.argv[3]), print_progress=False)
else:
    world.run(until=int(sys.argv[2]), print_progress=False)
print("done")
