"""Two mosaik simulators for scenario.py: the wind with what it offers to each plant, and the plants.

The wind series is this file's own: a calm night, a front in the afternoon, and gusts that reach the plants one after
the other, as a sum of sines. The plants have 3 MW each and a cubic power curve; they stand for no real ones.
"""

from math import pi, sin

import mosaik_api_v3

STEP_S = 900
RATED_KW = 3000
CUT_IN_MS, RATED_MS = 3, 12


def wind_ms(time, plant):
    """Wind speed in m/s at `time` seconds of the day; each plant sees the gusts a while after the one before."""
    day, gust = 2 * pi * time / 86400, 2 * pi * (time / 3600 - 0.2 * plant)
    return 8.5 - 4 * sin(day) - 1.2 * sin(2 * day) + 1.4 * sin(gust / 2.7) + 0.6 * sin(gust / 0.9)


def power_kw(speed_ms):
    """Power that the wind offers: cubic from cut-in to rated speed."""
    part = (speed_ms**3 - CUT_IN_MS**3) / (RATED_MS**3 - CUT_IN_MS**3)
    return RATED_KW * min(max(part, 0), 1)


class Wind(mosaik_api_v3.Simulator):
    """What the wind offers: an entity for each site."""

    def __init__(self):
        super().__init__({"type": "time-based", "models": {"Site": {"public": True, "params": [], "attrs": ["p_kw"]}}})
        self.sites = 0

    def create(self, num, model):
        first, self.sites = self.sites, self.sites + num
        return [{"eid": f"site-{i}", "type": model} for i in range(first, self.sites)]

    def step(self, time, inputs, max_advance):
        self.offers = {f"site-{i}": power_kw(wind_ms(time, i)) for i in range(self.sites)}
        return time + STEP_S

    def get_data(self, outputs):
        return {eid: {"p_kw": self.offers[eid]} for eid in outputs}


class Plants(mosaik_api_v3.Simulator):
    """Feed in what the wind offers, up to the limit; `get_results` has both of each step, by plant."""

    def __init__(self):
        model = {"public": True, "params": [], "attrs": ["p_available_kw", "p_max_kw", "p_kw"]}
        super().__init__({"type": "time-based", "models": {"Plant": model}, "extra_methods": ["get_results"]})
        self.results = []

    def create(self, num, model):
        return [{"eid": f"plant-{i}", "type": model} for i in range(num)]

    def step(self, time, inputs, max_advance):
        def one(eid, attr):
            (value,) = inputs[eid][attr].values()
            return value

        offers = {eid: one(eid, "p_available_kw") for eid in sorted(inputs)}
        self.feed_in = {eid: min(offer, one(eid, "p_max_kw")) for eid, offer in offers.items()}
        self.results.append({"time": time, "available_kw": offers, "p_kw": self.feed_in})
        return time + STEP_S

    def get_data(self, outputs):
        return {eid: {"p_kw": self.feed_in[eid]} for eid in outputs}

    def get_results(self):
        return self.results
