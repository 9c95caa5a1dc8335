"""A time-based grid, a hybrid population of agents, and two event-based observers under mosaik.

usage: mosaik_population.py <command of the agents' simulator>; prints what the observers see, a line each.
"""

import json
import sys

import mosaik
import mosaik_api_v3


class Grid(mosaik_api_v3.Simulator):
    """Gives a current every 4 s: 5 A, then 11 A, 17 A ...; takes the states of the breakers."""

    def __init__(self):
        super().__init__({"type": "time-based", "models": {"Line": {"public": True, "params": [], "attrs": ["i", "closed"]}}})

    def create(self, num, model):
        return [{"eid": f"L{i}", "type": model} for i in range(num)]

    def step(self, time, inputs, max_advance):
        print("grid", time, json.dumps(inputs, sort_keys=True))
        self.time = time
        return time + 4

    def get_data(self, outputs):
        return {eid: {"i": 5 + 1.5 * self.time + int(eid[1:])} for eid in outputs}


class Observer(mosaik_api_v3.Simulator):
    """Is stepped by what it observes."""

    def __init__(self):
        super().__init__({"type": "event-based", "models": {"Observer": {"public": True, "params": [], "attrs": ["seen"]}}})

    def init(self, sid, time_resolution):
        self.sid = sid
        return self.meta

    def create(self, num, model):
        return [{"eid": "O", "type": model}]

    def step(self, time, inputs, max_advance):
        print(self.sid, time, json.dumps(inputs["O"]["seen"], sort_keys=True))

    def get_data(self, outputs):
        return {}


world = mosaik.World(
    {"Grid": {"python": "__main__:Grid"}, "Observer": {"python": "__main__:Observer"}, "Agents": {"cmd": sys.argv[1]}}
)
lines = world.start("Grid").Line.create(3)
agents = world.start("Agents", sim_id="Agents")
opened = world.start("Observer", sim_id="Opened").Observer()
warned = world.start("Observer", sim_id="Warned").Observer()
for i, line in enumerate(lines):
    # 2.5 s falls between two steps of 1 s, 0 s into mosaik's present step.
    breaker = agents.Breaker(eid=f"b{i}", delay_s=[2.5, 0, 1][i], neighbour=f"b{(i + 1) % 3}")
    world.connect(line, breaker, ("i", "current_a"))
    world.connect(breaker, line, "closed", time_shifted=True, initial_data={"closed": True})
    world.connect(breaker, opened, ("opened", "seen"))
    world.connect(breaker, warned, ("warnings", "seen"))
world.run(until=16, print_progress=False)
