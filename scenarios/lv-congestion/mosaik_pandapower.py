"""lv-congestion under mosaik: mosaik is the master, the grid is pandapower, the agents are `cosimas sim`.

    python scenarios/lv-congestion/mosaik_pandapower.py [--day 140] [--days 1] [--no-control] [--out FILE]

needs the packages mosaik and pandapower. Exit code 0 only if every quarter hour was run: mosaik itself goes on to its
end, without an error, when a simulator fails.
"""

import argparse
import json
import shlex
import sys
from pathlib import Path

import mosaik

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))
from pandapower_grid import STEPS_PER_DAY  # noqa: E402

START_TIMEOUT_S = 30  # npx and Node need some seconds on a busy machine; mosaik's default is 10
STEP_S = 900
STEP_H = STEP_S / 3600
MEMORY_STEPS = 7 * STEPS_PER_DAY  # quarter hours that agents remember: a week
VM_MIN_PU, VM_MAX_PU = 0.95, 1.05
DISCHARGE_MARGIN_PU = 0.01  # distance to the highest voltage within which a storage does not give back


def parse_args():
    parser = argparse.ArgumentParser(description="Agents relieve a low-voltage grid, under mosaik and pandapower.")
    parser.add_argument("--day", type=int, default=140, help="first day of the profiles' year, from 0")
    parser.add_argument("--days", type=int, default=1, help="how many days")
    parser.add_argument("--no-control", dest="control", action="store_false", help="the grid alone, without agents")
    parser.add_argument("--out", type=Path, help="file for set-points and results, a line of JSON each quarter hour")
    parser.add_argument("--cosimas", default="npx cosimas", help="command that starts cosimas")
    parser.add_argument("--sim-options", default="", help="options of cosimas sim, as '--containers 4 --isolation process'")
    args = parser.parse_args()
    if not (args.day >= 0 and args.days >= 1 and args.day + args.days <= 366):
        parser.error(f"the profiles have days 0 to 365; {args.days} days from day {args.day} do not exist")
    return args


def add_agents(world, args, devices, grid, rises, data):
    agents = world.start("Agents")

    def unknown(*attrs):
        return {"time_shifted": True, "initial_data": {attr: float("nan") for attr in attrs}}

    for pv in data["pvs"]:
        rise_p, rise_q = rises[pv["id"]]
        connection = {"sn_mva": pv["sn_mva"], "rise_p": rise_p, "rise_q": rise_q, "vm_max_pu": VM_MAX_PU}
        agent = agents.PvAgent(eid=pv["id"], connection=connection, memory_steps=MEMORY_STEPS)
        world.connect(devices[pv["id"]], agent, "available_mw")
        world.connect(grid[pv["bus"]], agent, "vm_pu", **unknown("vm_pu"))
        world.connect(agent, grid[pv["id"]], "p_mw", "q_mvar")
    for storage in data["storages"]:
        vm_max_pu = VM_MAX_PU - DISCHARGE_MARGIN_PU
        agent = agents.StorageAgent(eid=storage["id"], data=storage, step_h=STEP_H, vm_max_pu=vm_max_pu)
        half_full = {"time_shifted": True, "initial_data": {"e_mwh": storage["max_e_mwh"] / 2}}
        world.connect(grid[storage["id"]], agent, "e_mwh", **half_full)
        world.connect(grid[storage["bus"]], agent, "vm_pu", **unknown("vm_pu"))
        world.connect(agent, grid[storage["id"]], "p_mw")
    ids = [item["id"] for item in [*data["pvs"], *data["storages"]]]
    for trafo in data["trafos"]:
        agent = agents.TransformerAgent(
            eid=trafo["id"], devices=ids, sn_mva=trafo["sn_mva"], memory_steps=MEMORY_STEPS
        )
        pairs = [("p_hv_mw", "p_mw"), ("q_hv_mvar", "q_mvar"), "loading_percent"]
        world.connect(grid[trafo["id"]], agent, *pairs, **unknown("p_hv_mw", "q_hv_mvar", "loading_percent"))


def main():
    args = parse_args()
    until = args.days * STEPS_PER_DAY
    agents = f"{args.cosimas} sim {shlex.quote(str(FOLDER / 'simulator.ts'))} %(addr)s --day {args.day} {args.sim_options}"
    world = mosaik.World(
        {
            "Profiles": {"python": "pandapower_grid:Profiles"},
            "Grid": {"python": "pandapower_grid:Grid"},
            "Agents": {"cmd": agents, "posix": True},
        },
        mosaik_config={"start_timeout": START_TIMEOUT_S},
        time_resolution=STEP_S,
    )
    data = json.loads((FOLDER / "data" / "grid.json").read_text())
    with world:
        profiles = world.start("Profiles", day=args.day, days=args.days).Devices()
        devices = {child.eid: child for child in profiles.children}
        simulator = world.start("Grid")
        grid = {child.eid: child for child in simulator.Grid().children}
        results = simulator.get_results()
        for load in data["loads"]:
            world.connect(devices[load["id"]], grid[load["id"]], "p_mw", "q_mvar")
        for pv in data["pvs"]:
            world.connect(devices[pv["id"]], grid[pv["id"]], "available_mw")
        if args.control:
            add_agents(world, args, devices, grid, simulator.rises(), data)
        world.run(until=until)
    if args.out is not None:
        args.out.write_text("".join(json.dumps(result) + "\n" for result in results))
    if len(results) < until:
        sys.exit(f"mosaik_pandapower: only {len(results)} of {until} quarter hours were run; see the log above")
    report(results)


def report(results):
    loadings = [result["loading_percent"] for result in results]
    lowest = min(result["vm_pu"][0] for result in results)
    highest = max(result["vm_pu"][1] for result in results)
    plants = [did for result in results for did in result["did"].values() if "available_mw" in did]
    curtailed = sum(did["available_mw"] - did["p_mw"] for did in plants) * STEP_H
    outside = sum(result["vm_pu"][0] < VM_MIN_PU or result["vm_pu"][1] > VM_MAX_PU for result in results)
    print(f"transformer, highest loading       {max(loadings):10.2f} %")
    print(f"quarter hours over 100 %           {sum(loading > 100 for loading in loadings):10d}")
    print(f"voltages, lowest to highest        {lowest:.4f} to {highest:.4f} p.u.")
    print(f"quarter hours outside 0.95 to 1.05 {outside:10d}")
    print(f"PV energy curtailed                {curtailed + 0:10.4f} MWh")


if __name__ == "__main__":
    main()
