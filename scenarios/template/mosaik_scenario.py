"""The same agents under mosaik: pip install mosaik, then python mosaik_scenario.py."""

import mosaik

STEP_S = 900
CHARGER_KW, CHARGING_S = 11, 3 * 3600
HOME_H = [16.5, 17, 18]


def car(home_h):
    """What a car that comes home at that hour wants, by the step."""
    return lambda step: CHARGER_KW if 0 <= step * STEP_S - home_h * 3600 < CHARGING_S else 0


world = mosaik.World(
    {
        "Cars": {"python": "mosaik.basic_simulators:InputSimulator"},
        "Agents": {"cmd": "npx cosimas sim agents.ts %(addr)s"},
        "Log": {"python": "mosaik.basic_simulators:OutputSimulator"},
    },
    time_resolution=STEP_S,
    mosaik_config={"start_timeout": 60},
)
cars, agents, log = world.start("Cars", step_size=1), world.start("Agents"), world.start("Log")
transformer = agents.Transformer(eid="transformer", limit_kw=22)
shown = log.Dict()
for i, home_h in enumerate(HOME_H, 1):
    station = agents.Station(eid=f"station-{i}", transformer="transformer")
    world.connect(cars.Function(function=car(home_h)), station, ("value", "wanted_kw"))
    world.connect(station, shown, "p_kw")
seen = log.get_dict(shown.eid)
world.run(until=24 * 3600 // STEP_S, print_progress=False)
for i in range(1, len(HOME_H) + 1):
    kwh = sum(values["p_kw"][f"Agents-0.station-{i}"] for values in seen.values()) * STEP_S / 3600
    print(f"station-{i}: {kwh:.2f} kWh")
