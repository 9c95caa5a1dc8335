"""A simulator of `npm run bench -- world`: entities with an attribute x, whose value is the time; it steps each time.

    python world_simulator.py HOST:PORT
"""

import mosaik_api_v3

META = {"type": "time-based", "models": {"M": {"public": True, "params": [], "attrs": ["x", "y"]}}}


class Simulator(mosaik_api_v3.Simulator):
    def __init__(self):
        super().__init__(META)
        self.steps = 0

    def init(self, sid, time_resolution, idle=False):
        self.idle = idle
        return self.meta

    def create(self, num, model):
        self.eids = [f"e{i}" for i in range(num)]
        return [{"eid": eid, "type": model} for eid in self.eids]

    def step(self, time, inputs, max_advance):
        self.time = time
        self.steps += 1
        return time + (1_000_000 if self.idle else 1)

    def get_data(self, outputs):
        return {eid: {attr: self.time for attr in attrs} for eid, attrs in outputs.items()}


if __name__ == "__main__":
    mosaik_api_v3.start_simulation(Simulator())
