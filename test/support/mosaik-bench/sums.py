"""The simulator of `sums.ts` in Python, for comparison."""

import json
import os
import time

import mosaik_api_v3


class Sums(mosaik_api_v3.Simulator):
    """Each entity adds up what it gets as `x` and puts out `sum`."""

    def __init__(self):
        super().__init__({"type": "time-based", "models": {"Sum": {"public": True, "params": [], "attrs": ["x", "sum"]}}})
        self.sums = {}
        self.steps = 0

    def init(self, sid, time_resolution):
        self.init_s = time.process_time()
        return self.meta

    def create(self, num, model):
        entities = [{"eid": f"Sum-{i}", "type": model} for i in range(num)]
        self.sums = {entity["eid"]: 0.0 for entity in entities}
        return entities

    def setup_done(self):
        self.setup_done_s = time.process_time()

    def step(self, time, inputs, max_advance):
        self.steps += 1
        for eid, attrs in inputs.items():
            for value in attrs["x"].values():
                self.sums[eid] += value
        return time + 1

    def get_data(self, outputs):
        return {eid: {attr: self.sums[eid] for attr in attrs} for eid, attrs in outputs.items()}

    def finalize(self):
        end_s = time.process_time()
        with open(os.environ["COSIMAS_BENCH_COST"], "w") as file:
            json.dump({"steps": self.steps, "setupS": self.setup_done_s - self.init_s, "stepsS": end_s - self.setup_done_s}, file)


if __name__ == "__main__":
    mosaik_api_v3.start_simulation(Sums())
