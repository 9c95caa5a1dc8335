"""mosaik's own components on one grid: CSV, households, pandapower, HDF5.

    python real_components.py mosaik FOLDER    run the scenario in mosaik; FOLDER has the inputs, gets mosaik.hdf5
    python real_components.py dump FILE        what an HDF5 file has, as JSON
    python real_components.py NAME HOST:PORT   be the simulator CSV, Households, Grid or Database

The same scenario for World is in world-components.ts.
"""

import json
import sys
from pathlib import Path

START = "2026-06-01 00:00:00"
STEP_S = 900
STEPS = 24
DURATION_S = STEPS * STEP_S


def simulator(name):
    if name == "CSV":
        import mosaik_csv

        return mosaik_csv.CSV()
    if name == "Households":
        from mosaik_components.household.mosaik import Simulator
    elif name == "Grid":
        from mosaik_components.pandapower import Simulator
    else:
        from mosaik_components.hdf5 import Simulator
    return Simulator()


def play(folder):
    import mosaik
    from mosaik.util import connect_many_to_one

    here = str(Path(__file__).resolve())
    world = mosaik.World(
        {name: {"cmd": f"{sys.executable} {here} {name} %(addr)s"} for name in ("CSV", "Households", "Grid", "Database")},
        mosaik_config={"start_timeout": 30},
    )
    with world:
        pvs = world.start("CSV", sim_start=START, datafile=str(folder / "pv.csv")).PV.create(3)
        households = world.start("Households")
        residential = households.ResidentialLoads(
            sim_start=START, profile_file=str(folder / "houses.data"), grid_name="test_grid"
        )
        houses = residential.children
        grid = world.start("Grid", step_size=STEP_S).Grid(network_function="create_cigre_network_lv")
        buses = [e for e in grid.children if e.type == "Bus"]
        database = world.start("Database", step_size=STEP_S, duration=DURATION_S)
        db = database.Database(filename=str(folder / "mosaik.hdf5"))
        for i, pv in enumerate(pvs):
            world.connect(pv, buses[3 + i], ("P", "P_gen[MW]"))
        for i, house in enumerate(houses):
            world.connect(house, buses[2 + 2 * i], ("P_out", "P_load[MW]"), transform=lambda watts: watts * 1e-6)
        connect_many_to_one(world, houses, db, "P_out")
        connect_many_to_one(world, pvs, db, "P")
        connect_many_to_one(world, buses, db, "P[MW]", "Vm[pu]")
        world.run(until=DURATION_S)


def dump(file):
    import h5py

    found = {}
    with h5py.File(file) as db:
        db.visititems(lambda name, item: found.update({name: item[()].tolist()}) if hasattr(item, "shape") else None)
        db.visititems(lambda name, item: found.update({f"Type/{name}": str(item.dtype)}) if hasattr(item, "shape") else None)
    print(json.dumps({name: [v.decode() if isinstance(v, bytes) else v for v in flat(value)] for name, value in found.items()}))


def flat(value):
    return [item for part in value for item in flat(part)] if isinstance(value, list) else [value]


if __name__ == "__main__":
    what, where = sys.argv[1:3]
    if what == "mosaik":
        play(Path(where))
    elif what == "dump":
        dump(where)
    else:
        import mosaik_api_v3

        sys.argv[1:] = [where]
        mosaik_api_v3.start_simulation(simulator(what), what)
