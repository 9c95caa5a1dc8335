"""A meter that gives each house a number every second, made of the time and of what the house put out a second ago.

usage: meter_masters.py mosaik <command of the agents' simulator> | helics <address of the broker>
"""

import sys

HOUSES = ["h0", "h1", "h2"]
UNTIL = 12


def reading(time, house, y):
    return (time * 7 + HOUSES.index(house)) % 5 + y / 4


def under_mosaik(command):
    import mosaik
    import mosaik_api_v3

    class Meter(mosaik_api_v3.Simulator):
        def __init__(self):
            model = {"public": True, "params": ["eid"], "attrs": ["x", "y"]}
            super().__init__({"type": "time-based", "models": {"Meter": model}})

        def create(self, num, model, eid):
            return [{"eid": eid, "type": model}]

        def step(self, time, inputs, max_advance):
            self.x = {eid: reading(time, eid, list(given["y"].values())[0]) for eid, given in inputs.items()}
            return time + 1

        def get_data(self, outputs):
            return {eid: {"x": self.x[eid]} for eid in outputs}

    sys.modules["meter_masters"] = type(sys)("meter_masters")
    sys.modules["meter_masters"].Meter = Meter
    world = mosaik.World({"Meter": {"python": "meter_masters:Meter"}, "Agents": {"cmd": command}})
    meter, agents = world.start("Meter"), world.start("Agents")
    for house in HOUSES:
        source, agent = meter.Meter(eid=house), agents.House(eid=house)
        world.connect(source, agent, "x")
        world.connect(agent, source, "y", time_shifted=True, initial_data={"y": 0})
    world.run(until=UNTIL)


def under_helics(address):
    import helics as h

    info = h.helicsCreateFederateInfo()
    h.helicsFederateInfoSetCoreInitString(info, f"--broker_address={address} --tick=500ms --timeout=3s")
    h.helicsFederateInfoSetTimeProperty(info, h.HELICS_PROPERTY_TIME_PERIOD, 1)
    fed = h.helicsCreateValueFederate("meter", info)
    pubs = {house: h.helicsFederateRegisterGlobalPublication(fed, f"meter/{house}", h.HELICS_DATA_TYPE_DOUBLE, "") for house in HOUSES}
    subs = {house: h.helicsFederateRegisterSubscription(fed, f"agents/{house}/y", "") for house in HOUSES}
    for sub in subs.values():
        h.helicsInputSetDefaultDouble(sub, 0)
    h.helicsFederateEnterExecutingMode(fed)
    for time in range(UNTIL):
        for house in HOUSES:
            h.helicsPublicationPublishDouble(pubs[house], reading(time, house, h.helicsInputGetDouble(subs[house])))
        h.helicsFederateRequestTime(fed, time + 1)
    h.helicsFederateDisconnect(fed)
    h.helicsFederateFree(fed)
    h.helicsCloseLibrary()


{"mosaik": under_mosaik, "helics": under_helics}[sys.argv[1]](sys.argv[2])
