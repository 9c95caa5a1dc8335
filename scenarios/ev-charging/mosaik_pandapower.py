"""ev-charging under mosaik: mosaik is the master, the grid is pandapower, cars and stations are `cosimas sim`.

    python scenarios/ev-charging/mosaik_pandapower.py [--limit 70] [--cars 20] [--seed 1] [--out FILE]

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

START_TIMEOUT_S = 30  # npx and Node need some seconds on a busy machine; mosaik's default is 10
STEP_S = 900
STEPS = 96
STATIONS_KW = [22 if i % 4 == 3 else 11 for i in range(20)]


def parse_args():
    parser = argparse.ArgumentParser(description="Cars share what a transformer has left, under mosaik and pandapower.")
    parser.add_argument("--limit", type=float, default=70, help="kW that houses and cars may take together")
    parser.add_argument("--cars", type=int, default=20, help="how many come; there are 20 stations")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="file for powers and results, a line of JSON each quarter hour")
    parser.add_argument("--cosimas", default="npx cosimas", help="command that starts cosimas")
    parser.add_argument("--sim-options", default="", help="options of cosimas sim, as '--containers 4 --isolation process'")
    return parser.parse_args()


def main():
    args = parse_args()
    simulator = shlex.quote(str(FOLDER / "simulator.ts"))
    options = f"--seed {args.seed} --stations {len(STATIONS_KW)} --cars {args.cars} {args.sim_options}"
    world = mosaik.World(
        {
            "Houses": {"python": "pandapower_grid:Houses"},
            "Grid": {"python": "pandapower_grid:Grid"},
            "Agents": {"cmd": f"{args.cosimas} sim {simulator} %(addr)s {options}", "posix": True},
        },
        mosaik_config={"start_timeout": START_TIMEOUT_S},
        time_resolution=STEP_S,
    )
    with world:
        houses = world.start("Houses").Houses()
        grid_simulator = world.start("Grid")
        grid = grid_simulator.Grid(stations=len(STATIONS_KW))
        results = grid_simulator.get_results()
        agents = world.start("Agents")
        transformer = agents.Transformer(eid="transformer", limit_kw=args.limit)
        world.connect(houses, transformer, "base_kw")
        world.connect(houses, grid, "base_kw", "base_kvar")
        for i, (bus, max_kw) in enumerate(zip(grid.children, STATIONS_KW), start=1):
            station = agents.Station(eid=f"station-{i}", max_kw=max_kw)
            world.connect(station, bus, "p_kw")
        for i in range(1, args.cars + 1):
            agents.Car(eid=f"car-{i}")
        world.run(until=STEPS)
    if args.out is not None:
        args.out.write_text("".join(json.dumps(result) + "\n" for result in results))
    if len(results) < STEPS:
        sys.exit(f"mosaik_pandapower: only {len(results)} of {STEPS} quarter hours were run; see the log above")
    powers = [result["base_kw"] + sum(result["p_kw"]) for result in results]
    charged = sum(sum(result["p_kw"]) for result in results) * STEP_S / 3600
    print(f"houses and cars, highest      {max(powers):8.1f} kW")
    print(f"cars, energy awarded          {charged:8.1f} kWh")
    print(f"transformer, highest loading  {max(result['loading_percent'] for result in results):8.1f} %")
    print(f"lowest voltage                {min(result['vm_min_pu'] for result in results):8.4f} p.u.")


if __name__ == "__main__":
    main()
