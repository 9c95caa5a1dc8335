"""Two mosaik simulators for mosaik_pandapower.py: the devices' profiles, and the grid in pandapower.

Not mosaik-pandapower-2: it has no storages with a charge, and a plant's set-point would be its feed-in, not a limit.
Both simulators mean the same as profile-simulator.ts and grid-simulator.ts of this folder.
"""

import csv
import gzip
import json
import warnings
from pathlib import Path

import mosaik_api_v3
import pandapower

DATA = Path(__file__).resolve().parent / "data"
STEP_H = 0.25
STEPS_PER_DAY = 96

# Charge below which a storage counts as empty, above which as full: what is left of rounding, in MWh.
ROUNDING_MWH = 1e-12
# Accuracy of the power flow: a plant's effect on its voltage is the difference of two.
TOLERANCE_MVA = 1e-10
# Power by which the connection study moves a plant.
PROBE_MW = 0.001

warnings.filterwarnings("ignore", module="pandapower")


def load_grid():
    return json.loads((DATA / "grid.json").read_text())


class Profiles(mosaik_api_v3.Simulator):
    """Plays back what the loads take and what the PV plants have available, a quarter hour a step."""

    def __init__(self):
        models = {
            "Devices": {"public": True, "params": [], "attrs": []},
            "Load": {"public": False, "params": [], "attrs": ["p_mw", "q_mvar"]},
            "PV": {"public": False, "params": [], "attrs": ["available_mw"]},
        }
        super().__init__({"type": "time-based", "models": models})

    def init(self, sid, time_resolution, day, days):
        self.grid = load_grid()
        with gzip.open(DATA / "profiles.csv.gz", "rt") as file:
            rows = list(csv.DictReader(file))
        self.rows = rows[day * STEPS_PER_DAY : (day + days) * STEPS_PER_DAY]
        return self.meta

    def create(self, num, model):
        children = [{"eid": load["id"], "type": "Load"} for load in self.grid["loads"]]
        children += [{"eid": pv["id"], "type": "PV"} for pv in self.grid["pvs"]]
        return [{"eid": "Devices", "type": model, "children": children}]

    def step(self, time, inputs, max_advance):
        row = self.rows[time]
        self.values = {
            load["id"]: {
                "p_mw": load["p_mw"] * float(row[load["p_profile"]]),
                "q_mvar": load["q_mvar"] * float(row[load["q_profile"]]),
            }
            for load in self.grid["loads"]
        }
        for pv in self.grid["pvs"]:
            self.values[pv["id"]] = {"available_mw": pv["p_mw"] * float(row[pv["profile"]])}
        return time + 1

    def get_data(self, outputs):
        return {eid: {attr: self.values[eid][attr] for attr in attrs} for eid, attrs in outputs.items()}


class Grid(mosaik_api_v3.Simulator):
    """Takes what the devices do in a quarter hour, solves the power flow with pandapower, and runs the storages.

    Set-points are limits: a plant feeds in at most what is available, a storage does what rating and charge allow.
    `results` keeps, for each step, the set-points as they came, what the devices did, and what the grid shows.
    """

    def __init__(self):
        models = {
            "Grid": {"public": True, "params": [], "attrs": []},
            "Bus": {"public": False, "params": [], "attrs": ["vm_pu"]},
            "Trafo": {"public": False, "params": [], "attrs": ["p_hv_mw", "q_hv_mvar", "loading_percent"]},
            "Load": {"public": False, "params": [], "attrs": ["p_mw", "q_mvar"]},
            "PV": {"public": False, "params": [], "attrs": ["available_mw", "p_mw", "q_mvar"]},
            "Storage": {"public": False, "params": [], "attrs": ["p_mw", "e_mwh"]},
        }
        super().__init__({"type": "time-based", "models": models, "extra_methods": ["rises", "get_results"]})

    def init(self, sid, time_resolution):
        self.grid = load_grid()
        self.net, self.index = make_net(self.grid)
        self.charge = {storage["id"]: storage["max_e_mwh"] / 2 for storage in self.grid["storages"]}
        self.results = []
        return self.meta

    def create(self, num, model):
        tables = {"Bus": "buses", "Trafo": "trafos", "Load": "loads", "PV": "pvs", "Storage": "storages"}
        children = [{"eid": item["id"], "type": kind} for kind, table in tables.items() for item in self.grid[table]]
        return [{"eid": "Grid", "type": model, "children": children}]

    def rises(self):
        """How far each plant's own power moves the voltage of its own bus, p.u. per MW and Mvar, in the empty grid."""
        for table in (self.net.load, self.net.sgen, self.net.storage):
            table["p_mw"] = table["q_mvar"] = 0.0
        idle = self.voltages()
        rises = {}
        for pv in self.grid["pvs"]:
            at = self.index[pv["id"]]
            moved = []
            for column in ("p_mw", "q_mvar"):
                self.net.sgen.at[at, column] = PROBE_MW
                moved.append((self.voltages()[pv["bus"]] - idle[pv["bus"]]) / PROBE_MW)
                self.net.sgen.at[at, column] = 0.0
            rises[pv["id"]] = moved
        return rises

    def get_results(self):
        return self.results

    def step(self, time, inputs, max_advance):
        def given(eid, attr):
            sources = inputs.get(eid, {}).get(attr)
            return None if sources is None else sum(sources.values())

        set_points, did = {}, {}
        for load in self.grid["loads"]:
            for attr in ("p_mw", "q_mvar"):
                self.net.load.at[self.index[load["id"]], attr] = given(load["id"], attr)
        for pv in self.grid["pvs"]:
            eid, available = pv["id"], given(pv["id"], "available_mw")
            wanted_p, wanted_q = given(eid, "p_mw"), given(eid, "q_mvar")
            p = available if wanted_p is None else max(0.0, min(wanted_p, available))
            most = max(0.0, pv["sn_mva"] ** 2 - p**2) ** 0.5
            q = 0.0 if wanted_q is None else max(-most, min(wanted_q, most))
            self.net.sgen.loc[self.index[eid], ["p_mw", "q_mvar"]] = [p, q]
            set_points[eid] = {"p_mw": wanted_p, "q_mvar": wanted_q}
            did[eid] = {"p_mw": p, "q_mvar": q, "available_mw": available}
        for storage in self.grid["storages"]:
            eid, wanted = storage["id"], given(storage["id"], "p_mw")
            p = self.run_storage(storage, wanted or 0.0)
            self.net.storage.at[self.index[eid], "p_mw"] = p
            set_points[eid] = {"p_mw": wanted}
            did[eid] = {"p_mw": p, "e_mwh": self.charge[eid]}
        voltages = self.voltages()
        self.values = {**did, **{eid: {"vm_pu": vm_pu} for eid, vm_pu in voltages.items()}}
        for trafo in self.grid["trafos"]:
            row = self.net.res_trafo.loc[self.index[trafo["id"]]]
            attrs = ("p_hv_mw", "q_hv_mvar", "loading_percent")
            self.values[trafo["id"]] = {attr: float(row[attr]) for attr in attrs}
        loading = max(self.values[trafo["id"]]["loading_percent"] for trafo in self.grid["trafos"])
        shown = {"loading_percent": loading, "vm_pu": [min(voltages.values()), max(voltages.values())]}
        self.results.append({"time": time, "set_points": set_points, "did": did, **shown})
        return time + 1

    def get_data(self, outputs):
        return {eid: {attr: self.values[eid][attr] for attr in attrs} for eid, attrs in outputs.items()}

    def voltages(self):
        pandapower.runpp(self.net, numba=False, tolerance_mva=TOLERANCE_MVA)
        vm_pu = self.net.res_bus.vm_pu
        return {bus["id"]: float(vm_pu[self.index[bus["id"]]]) for bus in self.grid["buses"]}

    def run_storage(self, storage, wanted_mw):
        """Power of a quarter hour, charging positive; the charge is what it is at its end."""
        full, efficiency, rating = storage["max_e_mwh"], storage["efficiency"], storage["sn_mva"]
        energy = self.charge[storage["id"]]
        lowest = -min(rating, energy * efficiency / STEP_H)
        highest = min(rating, (full - energy) / efficiency / STEP_H)
        p = min(max(wanted_mw, lowest), highest)
        energy += (p * efficiency if p > 0 else p / efficiency) * STEP_H
        self.charge[storage["id"]] = 0.0 if energy < ROUNDING_MWH else full if energy > full - ROUNDING_MWH else energy
        return p


def make_net(grid):
    """The grid of data/grid.json in pandapower, and the place of each element in its table."""
    net = pandapower.create_empty_network(f_hz=grid["f_hz"], sn_mva=grid["s_base_mva"])
    index = {}

    def add(create, elements, *renamed, **fixed):
        for element in elements:
            values = {key: value for key, value in element.items() if key not in ("id", *renamed)}
            values.update({key: index[value] for key, value in values.items() if key in BUSES})
            index[element["id"]] = create(net, **values, **{key: f(element) for key, f in fixed.items()})

    BUSES = ("bus", "from_bus", "to_bus", "hv_bus", "lv_bus")
    add(pandapower.create_bus, grid["buses"])
    add(pandapower.create_ext_grid, [grid["external_grid"]])
    add(pandapower.create_line_from_parameters, grid["lines"])
    add(pandapower.create_transformer_from_parameters, grid["trafos"])
    add(pandapower.create_load, grid["loads"], "p_profile", "q_profile")
    add(pandapower.create_sgen, grid["pvs"], "profile")
    add(pandapower.create_storage, grid["storages"], "efficiency", p_mw=lambda _: 0.0)
    return net, index
