"""A mosaik simulator whose behaviour is a table, the same as mosaik-script.ts; see `Script` there for the table.

It writes down every call with what it answers.
"""

import math

import mosaik_api_v3

SAFE = 2**53 - 1


def plain(value):
    """The value in JSON that every language reads alike."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"$": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    if isinstance(value, int) and abs(value) > SAFE:
        return {"$": str(value)}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def cyclic(table, index):
    return table[index % len(table)]


class Script(mosaik_api_v3.Simulator):
    def __init__(self):
        super().__init__({})
        self.log = []
        self.order = {}
        self.step_count = 0
        self.received = 0
        self.inputs = {}
        self.time = -1
        self.loops = 0

    def note(self, *entry):
        self.log.append(plain(entry))

    def init(self, sid, time_resolution=1.0, **options):
        self.script = options["script"]
        self.meta = self.script["meta"]
        self.note("init", sid, time_resolution, options)
        return self.meta

    def hello(self, *args, **kwargs):
        self.note("hello", args, kwargs)
        return {"args": args, "kwargs": kwargs}

    def create(self, num, model, **params):
        made = []
        for _ in range(num):
            before = list(self.order)
            eid = f"{model}_{len(before)}"
            self.order[eid] = len(before)
            entity = {"eid": eid, "type": model, "extra_info": params.get("p")}
            if self.script["relates"]:
                entity["rel"] = before[-1:]
            if self.script["children"] > 0:
                entity["children"] = [self.child(f"{eid}/{i}") for i in range(self.script["children"])]
            made.append(entity)
        self.note("create", num, model, params, made)
        return made

    def child(self, eid):
        self.order[eid] = len(self.order)
        return {"eid": eid, "type": "Child"}

    def setup_done(self):
        answers = (yield from self.related()) if self.script["asks"][0] else []
        self.note("setup_done", answers)

    def step(self, time, inputs, max_advance):
        self.loops = self.loops + 1 if time == self.time else 0
        self.time = time
        self.inputs = inputs
        index = self.step_count
        self.step_count += 1
        for attrs in inputs.values():
            for sources in attrs.values():
                self.received += len(sources)
        answers = (yield from self.ask()) if cyclic(self.script["asks"], index) else []
        increment = cyclic(self.script["next"], index)
        following = None if increment is None else time + increment
        self.note("step", time, inputs, max_advance, answers, following)
        return following

    def related(self):
        """mosaik's Python API awaits what a generator yields."""
        me = self.script["me"]
        return [
            (yield self.mosaik.get_related_entities()),
            (yield self.mosaik.get_related_entities(me)),
            (yield self.mosaik.get_related_entities([me])),
        ]

    def ask(self):
        progress = yield self.mosaik.get_progress()
        answers = [0 <= progress <= 100, *(yield from self.related())]
        other = self.script["other"]
        if other is not None:
            answers.append((yield self.mosaik.get_data({other: ["a", "b"]})))
            data = {self.script["me"]: {other: {"c": ["set", self.time]}}}
            answers.append((yield self.mosaik.set_data(data)))
        return answers

    def value(self, rule, eid):
        """The rule's value as a list of one, or an empty list if it leaves the attribute out."""
        if rule is None:
            return []
        if "value" in rule:
            return [rule["value"]]
        if "echo" in rule:
            sources = self.inputs.get(eid, {}).get(rule["echo"], {})
            return [sources[min(sources)] if sources else None]
        return [[self.time, self.step_count, self.received]]

    def get_data(self, outputs):
        data = {}
        silent = self.loops >= self.script["loops"]
        for eid, attrs in outputs.items():
            values = {}
            for attr in attrs:
                rule = cyclic(self.script["outputs"][attr], self.step_count + self.order[eid])
                for value in [] if silent else self.value(rule, eid):
                    values[attr] = value
            if values or not silent:
                data[eid] = values
        delay = cyclic(self.script["delays"], self.step_count)
        if delay is not None and self.time >= 0:
            data["time"] = self.time + delay
        self.note("get_data", outputs, data)
        return data
