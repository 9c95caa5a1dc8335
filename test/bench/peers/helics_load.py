"""Federates in Python for `npm run bench -- helics`; each prints the wall seconds of its steps.

    helics_load.py values BROKER NAME OTHER STEPS       a double out and a double in at each grant
    helics_load.py messages BROKER NAME OTHER STEPS N   N messages of agents out, each by itself, and N in at each grant
"""

import json
import sys
import time

import helics as h

# Grants before those that count, as in ours.
FIRST = 2000
AGENTS = 100

what, broker, name, other, steps = *sys.argv[1:5], int(sys.argv[5])
info = h.helicsCreateFederateInfo()
h.helicsFederateInfoSetCoreInitString(info, f"--federates=1 --broker_address={broker}")
h.helicsFederateInfoSetTimeProperty(info, h.HELICS_PROPERTY_TIME_PERIOD, 1.0)
h.helicsFederateInfoSetFlagOption(info, h.HELICS_FLAG_UNINTERRUPTIBLE, True)
fed = h.helicsCreateCombinationFederate(name, info)
pub = h.helicsFederateRegisterGlobalPublication(fed, f"{name}/x", h.HELICS_DATA_TYPE_DOUBLE, "")
sub = h.helicsFederateRegisterSubscription(fed, f"{other}/x", "")
if what == "messages":
    # Only then: a federate with an endpoint is granted half as many times a second.
    end = h.helicsFederateRegisterGlobalEndpoint(fed, f"{name}/in", "")


class Agent:
    """Takes what others send."""

    def __init__(self):
        self.last = None

    def take(self, value):
        self.last = value


def values(steps):
    got = 0
    for step in range(1, FIRST + steps + 1):
        if step == FIRST + 1:
            start, got = time.perf_counter(), 0
        h.helicsPublicationPublishDouble(pub, step)
        h.helicsFederateRequestTime(fed, step)
        got += h.helicsInputGetDouble(sub) != 0
    return time.perf_counter() - start, got


def messages(steps, each):
    """A message of an agent has who sends it, to whom, the method and its arguments, as JSON."""
    agents = {f"{name}/a{i}": Agent() for i in range(AGENTS)}
    start, got = time.perf_counter(), 0
    for step in range(1, steps + 1):
        for i in range(each):
            message = [f"{name}/a{i % AGENTS}", f"{other}/a{i % AGENTS}", "take", [0.123456789 + i]]
            h.helicsEndpointSendBytesTo(end, json.dumps(message).encode(), f"{other}/in")
        h.helicsFederateRequestTime(fed, step)
        while h.helicsEndpointHasMessage(end):
            data = h.helicsMessageGetBytes(h.helicsEndpointGetMessage(end))
            _, receiver, method, args = json.loads(data)
            getattr(agents[receiver], method)(*args)
            got += 1
    return time.perf_counter() - start, got


h.helicsFederateEnterExecutingMode(fed)
seconds, got = values(steps) if what == "values" else messages(steps, int(sys.argv[6]))
assert got > 0
h.helicsFederateDisconnect(fed)
print(seconds, got, flush=True)
