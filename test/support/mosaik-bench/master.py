"""Real mosaik that steps one simulator: `master.py COMMAND ENTITIES STEPS`, COMMAND starting the simulator.

Each step, entity i gets one value u_i(t) = sin(i + t) and puts out the sum of all it got; a source in this process gives the
values and takes the sums of the step before. At the end the sums must be exact. Prints wall seconds of the run.
"""

import math
import sys
import time

import mosaik
import mosaik_api_v3


class Source(mosaik_api_v3.Simulator):
    """Gives u, takes what comes back as sum."""

    def __init__(self):
        super().__init__({"type": "time-based", "models": {"Source": {"public": True, "params": [], "attrs": ["u", "sum"]}}})

    def create(self, num, model):
        self.expected = [0.0] * num
        return [{"eid": f"source-{i}", "type": model} for i in range(num)]

    def step(self, time, inputs, max_advance):
        if time == STEPS:
            self.check(inputs)
        self.values = [math.sin(i + time) for i in range(ENTITIES)]
        self.expected = [total + value for total, value in zip(self.expected, self.values)]
        return time + 1

    def get_data(self, outputs):
        return {f"source-{i}": {"u": value} for i, value in enumerate(self.values)}

    def check(self, inputs):
        global checked
        for i, total in enumerate(self.expected):
            (given,) = inputs[f"source-{i}"]["sum"].values()
            if given != total:
                sys.exit(f"entity {i} gives {given} instead of {total}")
            checked += 1


checked = 0
COMMAND, ENTITIES, STEPS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
world = mosaik.World({"Source": {"python": "__main__:Source"}, "Sums": {"cmd": COMMAND}})
source = world.start("Source")
sources = source.Source.create(ENTITIES)
sums = world.start("Sums").Sum.create(ENTITIES)
for giver, taker in zip(sources, sums):
    world.connect(giver, taker, ("u", "x"))
    world.connect(taker, giver, "sum", time_shifted=True, initial_data={"sum": 0.0})
begin = time.perf_counter()
# The step at STEPS takes the sums of all before.
world.run(until=STEPS + 1, print_progress=False)
wall = time.perf_counter() - begin
if checked != ENTITIES:
    sys.exit(f"{checked} sums were checked instead of {ENTITIES}")
print(wall)
