"""lv-congestion in a HELICS federation: the grid in pandapower, and the devices' profiles, as the federate `grid`.

    python scenarios/lv-congestion/helics_pandapower.py [--day 140] [--days 1] [--broker ADDRESS] [--out FILE]

needs the packages helics, pandapower and mosaik-api-v3 (of which the grid's own program is). At n quarter hours it publishes what is
available then, and what the grid showed in the quarter hour before; the agents, which are granted that time a microsecond
later, answer with their set-points, and the grid takes them in when it is granted the next quarter hour.
"""

import argparse
import json
from pathlib import Path

import helics as h
from pandapower_grid import STEPS_PER_DAY, Grid, Profiles

STEP_S = 900.0


def parse_args():
    parser = argparse.ArgumentParser(description="The low-voltage grid as a HELICS federate.")
    parser.add_argument("--day", type=int, default=140, help="first day of the profiles' year, from 0")
    parser.add_argument("--days", type=int, default=1, help="how many days")
    parser.add_argument("--broker", default="tcp://127.0.0.1", help="address of the broker")
    parser.add_argument("--core-type", default="zmq", help="how the broker is reached")
    parser.add_argument("--out", type=Path, help="file for set-points and results, a line of JSON each quarter hour")
    return parser.parse_args()


def join(args, data):
    info = h.helicsCreateFederateInfo()
    h.helicsFederateInfoSetCoreTypeFromString(info, args.core_type)
    core = f"--federates=1 --broker_address={args.broker} --tick=500ms --timeout=3s"
    h.helicsFederateInfoSetCoreInitString(info, core)
    h.helicsFederateInfoSetTimeProperty(info, h.HELICS_PROPERTY_TIME_PERIOD, STEP_S)
    fed = h.helicsCreateValueFederate("grid", info)
    outputs = {
        **{pv["id"]: ["available_mw"] for pv in data["pvs"]},
        **{storage["id"]: ["e_mwh"] for storage in data["storages"]},
        **{bus["id"]: ["vm_pu"] for bus in data["buses"]},
        **{trafo["id"]: ["p_hv_mw", "q_hv_mvar", "loading_percent"] for trafo in data["trafos"]},
    }
    double = h.HELICS_DATA_TYPE_DOUBLE
    publications = {
        (eid, attr): h.helicsFederateRegisterGlobalPublication(fed, f"grid/{eid}/{attr}", double, "")
        for eid, attrs in outputs.items()
        for attr in attrs
    }
    set_points = [(pv["id"], attr) for pv in data["pvs"] for attr in ("p_mw", "q_mvar")]
    set_points += [(storage["id"], "p_mw") for storage in data["storages"]]
    inputs = {
        (eid, attr): h.helicsFederateRegisterSubscription(fed, f"agents/{eid}/{attr}", "") for eid, attr in set_points
    }
    return fed, publications, inputs


def main():
    args = parse_args()
    profiles, grid = Profiles(), Grid()
    profiles.init("Profiles", 1.0, day=args.day, days=args.days)
    grid.init("Grid", 1.0)
    data = grid.grid
    fed, publications, inputs = join(args, data)
    values = {storage["id"]: {"e_mwh": storage["max_e_mwh"] / 2} for storage in data["storages"]}
    h.helicsFederateEnterExecutingMode(fed)
    for step in range(args.days * STEPS_PER_DAY):
        profiles.step(step, {}, step)
        devices = profiles.values
        for (eid, attr), publication in publications.items():
            source = devices if attr == "available_mw" else values
            if eid in source:
                h.helicsPublicationPublishDouble(publication, source[eid][attr])
        h.helicsFederateRequestTime(fed, (step + 1) * STEP_S)
        given = {eid: {attr: {"Profiles": value} for attr, value in attrs.items()} for eid, attrs in devices.items()}
        for (eid, attr), received in inputs.items():
            given.setdefault(eid, {})[attr] = {"agents": h.helicsInputGetDouble(received)}
        grid.step(step, given, step)
        values = grid.values
    h.helicsFederateDisconnect(fed)
    h.helicsCloseLibrary()
    if args.out is not None:
        args.out.write_text("".join(json.dumps(result) + "\n" for result in grid.results))
    print(f"highest loading {max(result['loading_percent'] for result in grid.results):.2f} %")


if __name__ == "__main__":
    main()
