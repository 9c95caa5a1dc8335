"""A source of whole floats and integers, and a sink that tells what has arrived, for tests of World.

    python float_simulators.py Source|Sink HOST:PORT
"""

import sys

import mosaik_api_v3

VALUES = {"a": 1.0, "b": 1, "c": {"x": [2.0, 2, 2.5, -0.0], "y": None}, "d": 1e22, "e": 3e0}


class Source(mosaik_api_v3.Simulator):
    def __init__(self):
        models = {"Model": {"public": True, "params": [], "attrs": sorted(VALUES)}}
        super().__init__({"api_version": "3.0", "type": "time-based", "models": models, "extra_methods": ["whole"]})

    def create(self, num, model):
        return [{"eid": f"S-{i}", "type": model, "extra_info": 1.0} for i in range(num)]

    def step(self, time, inputs, max_advance):
        return time + 1

    def get_data(self, outputs):
        return {eid: {attr: VALUES[attr] for attr in attrs} for eid, attrs in outputs.items()}

    def whole(self):
        return 7.0


class Sink(mosaik_api_v3.Simulator):
    def __init__(self):
        models = {"Model": {"public": True, "params": [], "any_inputs": True, "attrs": []}}
        super().__init__({"api_version": "3.0", "type": "time-based", "models": models, "extra_methods": ["seen"]})
        self.lines = []

    def create(self, num, model):
        return [{"eid": f"T-{i}", "type": model} for i in range(num)]

    def step(self, time, inputs, max_advance):
        for attrs in inputs.values():
            self.lines.append(", ".join(f"{attr}={value!r}" for attr in sorted(attrs) for value in attrs[attr].values()))
        return time + 1

    def get_data(self, outputs):
        return {}

    def seen(self):
        return self.lines


mosaik_api_v3.start_simulation({"Source": Source, "Sink": Sink}[sys.argv.pop(1)]())
