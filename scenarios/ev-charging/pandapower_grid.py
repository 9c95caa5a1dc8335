"""Two mosaik simulators for mosaik_pandapower.py: what the houses take, and the grid in pandapower."""

import csv
import warnings
from pathlib import Path

import mosaik_api_v3
import pandapower

DATA = Path(__file__).resolve().parent / "data"
FEEDERS = 4
SECTION_KM = 0.03  # of cable from one station to the next
CABLE = "NAYY 4x150 SE"
# A 100 kVA transformer 20/0.4 kV; losses as in EN 50588-1, class Bk/Co.
TRAFO = {
    "sn_mva": 0.1,
    "vn_hv_kv": 20,
    "vn_lv_kv": 0.4,
    "vk_percent": 4,
    "vkr_percent": 1.475,
    "pfe_kw": 0.32,
    "i0_percent": 0.29,
}

warnings.filterwarnings("ignore", module="pandapower")


class Houses(mosaik_api_v3.Simulator):
    """Plays back what all houses take, a quarter hour a step."""

    def __init__(self):
        models = {"Houses": {"public": True, "params": [], "attrs": ["base_kw", "base_kvar"]}}
        super().__init__({"type": "time-based", "models": models})

    def init(self, sid, time_resolution):
        with (DATA / "base_load.csv").open() as file:
            self.rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
        return self.meta

    def create(self, num, model):
        return [{"eid": "Houses", "type": model}]

    def step(self, time, inputs, max_advance):
        self.row = self.rows[time]
        return time + 1

    def get_data(self, outputs):
        return {eid: {attr: self.row[attr] for attr in attrs} for eid, attrs in outputs.items()}


class Grid(mosaik_api_v3.Simulator):
    """A transformer and its feeders: the houses spread over all buses, a station at each. Solved with pandapower."""

    def __init__(self):
        models = {
            "Grid": {"public": True, "params": ["stations"], "attrs": ["base_kw", "base_kvar"]},
            "Bus": {"public": False, "params": [], "attrs": ["p_kw", "vm_pu"]},
        }
        super().__init__({"type": "time-based", "models": models, "extra_methods": ["get_results"]})

    def init(self, sid, time_resolution):
        self.results = []
        return self.meta

    def create(self, num, model, stations):
        self.net = net = pandapower.create_empty_network()
        medium = pandapower.create_bus(net, vn_kv=20)
        low = pandapower.create_bus(net, vn_kv=0.4)
        pandapower.create_ext_grid(net, medium)
        pandapower.create_transformer_from_parameters(net, medium, low, **TRAFO)
        ends = [low] * FEEDERS
        self.buses, self.houses, self.stations = {}, [], {}
        for i in range(stations):
            bus = pandapower.create_bus(net, vn_kv=0.4)
            pandapower.create_line(net, ends[i % FEEDERS], bus, length_km=SECTION_KM, std_type=CABLE)
            ends[i % FEEDERS] = bus
            eid = f"Bus-{i + 1}"
            self.buses[eid] = bus
            self.houses.append(pandapower.create_load(net, bus, p_mw=0))
            self.stations[eid] = pandapower.create_load(net, bus, p_mw=0)
        children = [{"eid": eid, "type": "Bus"} for eid in self.buses]
        return [{"eid": "Grid", "type": model, "children": children}]

    def get_results(self):
        return self.results

    def step(self, time, inputs, max_advance):
        def given(eid, attr):
            return sum(inputs.get(eid, {}).get(attr, {}).values())

        powers = {eid: given(eid, "p_kw") for eid in self.stations}
        base_kw = given("Grid", "base_kw")
        for load in self.houses:
            self.net.load.at[load, "p_mw"] = base_kw / 1000 / len(self.houses)
            self.net.load.at[load, "q_mvar"] = given("Grid", "base_kvar") / 1000 / len(self.houses)
        for eid, load in self.stations.items():
            self.net.load.at[load, "p_mw"] = powers[eid] / 1000
        pandapower.runpp(self.net, numba=False)
        loading = float(self.net.res_trafo.loading_percent[0])
        self.results.append(
            {
                "time": time,
                "base_kw": base_kw,
                "p_kw": list(powers.values()),
                "loading_percent": loading,
                "vm_min_pu": float(self.net.res_bus.vm_pu.min()),
            }
        )
        return time + 1

    def get_data(self, outputs):
        voltages = {eid: float(self.net.res_bus.vm_pu[bus]) for eid, bus in self.buses.items()}
        return {eid: {"vm_pu": voltages[eid]} for eid in outputs}
