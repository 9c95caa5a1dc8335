"""A mosaik simulator in Python that does the same as mosaik-puppet.ts, for each of the three types.

It writes down every call with what it answers, a JSON text a line, in the file that `log` of `init` names.
"""

import json
import math

import mosaik_api_v3

META = {
    "time-based": {"M": {"public": True, "params": ["gain"], "attrs": ["x", "y"]}},
    "event-based": {"M": {"public": True, "params": ["gain"], "attrs": ["in", "out"]}},
    "hybrid": {
        "M": {
            "public": True,
            "params": ["gain"],
            "attrs": ["m", "p", "trig", "ev"],
            "trigger": ["trig"],
            "non-persistent": ["ev"],
        }
    },
}


def plain(value):
    """The value with NaN as a text, which JSON can hold."""
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def total(sources):
    """Sum of what came; of an event, [time, number], the number counts."""
    return sum(value[1] if isinstance(value, list) else value for value in sources.values())


class Puppet(mosaik_api_v3.Simulator):
    def __init__(self):
        super().__init__({})
        self.gains = {}
        self.state = {}
        self.events = {}
        self.time = -1
        self.loops = 0

    def note(self, *entry):
        with open(self.options["log"], "a", encoding="utf-8") as log:
            log.write(json.dumps(plain(entry)) + "\n")

    def init(self, sid, time_resolution=1.0, **options):
        self.sid = sid
        self.options = options
        self.kind = options["kind"]
        models = {**META[self.kind], "Child": {"public": False, "params": [], "attrs": ["c"]}}
        self.meta = {"api_version": "3.0", "type": self.kind, "models": models, "extra_methods": ["hello"]}
        self.note("init", sid, time_resolution, {k: v for k, v in options.items() if k != "log"})
        return self.meta

    def hello(self, *args, **kwargs):
        self.note("hello", args, kwargs)
        return {"args": args, "kwargs": kwargs}

    def create(self, num, model, gain=1):
        made = []
        for _ in range(num):
            eid = f"{model}_{len(self.gains)}"
            self.gains[eid] = gain
            child = {"eid": f"{eid}_c", "type": "Child"}
            made.append({"eid": eid, "type": model, "rel": [], "children": [child], "extra_info": {"note": "ü€"}})
        self.note("create", num, model, gain, made)
        return made

    def setup_done(self):
        self.note("setup_done")

    def step(self, time, inputs, max_advance):
        self.loops = self.loops + 1 if time == self.time else 0
        self.time = time
        self.events = {}
        answers = (yield from self.ask()) if self.options.get("ask") else []
        getattr(self, self.kind.replace("-", "_"))(time, inputs)
        size = self.options.get("step_size")
        following = None if size is None else time + size
        if self.options.get("until_self") is not None and following is not None:
            following = following if following < self.options["until_self"] else None
        self.note("step", time, inputs, max_advance, answers, following)
        return following

    def time_based(self, time, inputs):
        for eid, gain in self.gains.items():
            x = gain * time + sum(total(sources) for sources in inputs.get(eid, {}).values())
            if time == self.options.get("nan_at"):
                x = math.nan
            self.state[eid] = {"x": x, "y": x / 2}

    def event_based(self, time, inputs):
        for eid, gain in self.gains.items():
            if inputs and eid not in inputs:
                continue
            n = gain + sum(total(sources) for sources in inputs.get(eid, {}).values())
            if self.loops < 3:
                self.events[eid] = {"out": [time, n]}

    def hybrid(self, time, inputs):
        for eid, gain in self.gains.items():
            given = inputs.get(eid, {})
            m = gain * time + total(given.get("p", {}))
            self.state[eid] = {"m": m, "p": None, "trig": None}
            if "trig" in given or time in self.options.get("ev_at", []):
                self.events[eid] = {"ev": [time, m + total(given.get("trig", {}))]}

    def ask(self):
        """mosaik's Python API awaits what a generator yields."""
        me = f"{self.sid}.M_0"
        progress = yield self.mosaik.get_progress()
        answers = [
            0 <= progress <= 100,
            (yield self.mosaik.get_related_entities()),
            (yield self.mosaik.get_related_entities(me)),
            (yield self.mosaik.get_related_entities([me])),
        ]
        other = self.options.get("other")
        if other is not None:
            answers.append((yield self.mosaik.get_data({other: ["y"]})))
            answers.append((yield self.mosaik.set_data({me: {other: {"y": 100 + self.time}}})))
        return answers

    def get_data(self, outputs):
        data = {}
        for eid, attrs in outputs.items():
            known = {**self.state.get(eid, {}), **self.events.get(eid, {})}
            values = {attr: known[attr] for attr in attrs if attr in known}
            if values or self.kind == "time-based":
                data[eid] = values
        if self.options.get("delay") and data:
            data["time"] = self.time + self.options["delay"]
        self.note("get_data", outputs, data)
        return data


if __name__ == "__main__":
    mosaik_api_v3.start_simulation(Puppet())
