"""Make data/plants.json from the SimBench data of the scenario lv-congestion: plants, storages, hourly means of seven days.

    python scenarios/virtual-power-plant/tools/make_plants.py
"""

import csv
import gzip
import json
from pathlib import Path

SCENARIOS = Path(__file__).parents[2]
SOURCE = SCENARIOS / "lv-congestion" / "data"
FIRST_DAY, DAYS = 140, 7
QUARTERS = 4


def watts(mega: float) -> int:
    return round(mega * 1e6)


def main():
    grid = json.loads((SOURCE / "grid.json").read_text())
    with gzip.open(SOURCE / "profiles.csv.gz", "rt") as file:
        heading, *rows = csv.reader(file)

    def factor(profile: str, day: int, hour: int) -> float:
        column, first = heading.index(profile), ((FIRST_DAY + day) * 24 + hour) * QUARTERS
        return round(sum(float(row[column]) for row in rows[first : first + QUARTERS]) / QUARTERS, 6)

    profiles = sorted({pv["profile"] for pv in grid["pvs"]})
    plants = {
        "source": "SimBench 1-LV-rural1--2-sw, days %d to %d (ODbL 1.0)" % (FIRST_DAY, FIRST_DAY + DAYS - 1),
        "pvs": [
            {"id": pv["id"], "rated_w": watts(pv["p_mw"]), "profile": pv["profile"]}
            for pv in sorted(grid["pvs"], key=lambda pv: pv["id"])
        ],
        "storages": [
            {
                "id": storage["id"],
                "rated_w": watts(storage["sn_mva"]),
                "capacity_wh": watts(storage["max_e_mwh"]),
                "efficiency": storage["efficiency"],
            }
            for storage in grid["storages"]
        ],
        "profiles": {
            profile: [[factor(profile, day, hour) for hour in range(24)] for day in range(DAYS)]
            for profile in profiles
        },
    }
    lines = ",\n".join("  %s: %s" % (json.dumps(key), json.dumps(value)) for key, value in plants.items())
    target = Path(__file__).parents[1] / "data" / "plants.json"
    target.write_text("{\n%s\n}\n" % lines)


main()
