"""Agents keep a wind park's feed-in limit for a day: mosaik is the master, wind and plants are Python, agents cosimas.

    python scenarios/wind-park/scenario.py [--limit 7000] [--out FILE]

needs the package mosaik. Exit code 0 only if every step was run: mosaik itself goes on to its end, without an error,
when a simulator fails.
"""

import argparse
import json
import shlex
import sys
from pathlib import Path

import mosaik

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))
from wind_park import STEP_S  # noqa: E402

START_TIMEOUT_S = 30  # npx and Node need some seconds on a busy machine; mosaik's default is 10
DAY_S = 86400
STEP_H = STEP_S / 3600
PLANTS = 3


def main():
    parser = argparse.ArgumentParser(description="Agents keep a wind park's feed-in limit for a day, under mosaik.")
    parser.add_argument("--limit", type=float, default=7000, help="the park's feed-in limit in kW")
    parser.add_argument("--out", type=Path, help="file for the results, a line of JSON each step")
    parser.add_argument("--cosimas", default="npx cosimas", help="command that starts cosimas")
    parser.add_argument("--sim-options", default="", help="options of cosimas sim, as '--containers 4 --isolation process'")
    args = parser.parse_args()
    if not args.limit >= 0:
        parser.error(f"a limit is not negative, got {args.limit}")

    agents_cmd = f"{args.cosimas} sim {shlex.quote(str(FOLDER / 'simulator.ts'))} %(addr)s {args.sim_options}"
    sim_config = {
        "Wind": {"python": "wind_park:Wind"},
        "Plants": {"python": "wind_park:Plants"},
        "Operator": {"python": "mosaik.basic_simulators:InputSimulator"},
        "Agents": {"cmd": agents_cmd, "posix": True},
    }
    with mosaik.World(sim_config, mosaik_config={"start_timeout": START_TIMEOUT_S}) as world:
        sites = world.start("Wind").Site.create(PLANTS)
        simulator = world.start("Plants")
        plants = simulator.Plant.create(PLANTS)
        results = simulator.get_results()
        agents = world.start("Agents")
        for site, plant in zip(sites, plants):
            agent = agents.Plant(eid=plant.eid)
            world.connect(site, agent, ("p_kw", "p_available_kw"))
            world.connect(site, plant, ("p_kw", "p_available_kw"))
            world.connect(agent, plant, "p_max_kw")
        park = agents.Park(eid="park", plants=[plant.eid for plant in plants])
        limit = world.start("Operator", step_size=STEP_S).Constant(constant=args.limit)
        world.connect(limit, park, ("value", "limit_kw"))
        world.run(until=DAY_S)
    if args.out is not None:
        args.out.write_text("".join(json.dumps(result) + "\n" for result in results))
    if len(results) < DAY_S // STEP_S:
        sys.exit(f"wind-park: only {len(results)} of {DAY_S // STEP_S} steps were run; see the log above")
    report(args.limit, results)


def report(limit, results):
    print(f"{'':24}{'wind offers':>14}{'park feeds in':>16}")
    offers, feed_in = ([sum(result[key].values()) for result in results] for key in ("available_kw", "p_kw"))

    def energy_mwh(powers):
        return sum(powers) * STEP_H / 1000

    def line(what, figure, unit, digits):
        print(f"{what:24}{figure(offers):14.{digits}f}{figure(feed_in):16.{digits}f} {unit}".rstrip())

    line("highest power", max, "kW", 0)
    line(f"steps over {limit:.0f} kW", lambda powers: sum(power > limit + 1e-6 for power in powers), "", 0)
    line("energy of the day", energy_mwh, "MWh", 2)
    print(f"{'energy curtailed':38}{energy_mwh(offers) - energy_mwh(feed_in):16.2f} MWh")


if __name__ == "__main__":
    main()
