"""Federates in Python for `npm run bench -- helics`; each prints the wall seconds of its steps.

    helics_load.py values BROKER NAME OTHER STEPS       a double out and a double in at each grant
    helics_load.py messages BROKER NAME OTHER STEPS N   N messages out, each by itself, and N in at each grant
"""

import sys
import time

import helics as h

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
h.helicsFederateEnterExecutingMode(fed)
start = time.perf_counter()
got = 0
for step in range(1, steps + 1):
    if what == "values":
        h.helicsPublicationPublishDouble(pub, step)
        h.helicsFederateRequestTime(fed, step)
        got += h.helicsInputGetDouble(sub) != 0
    else:
        for i in range(int(sys.argv[6])):
            h.helicsEndpointSendBytesTo(end, b'["r0/a0","r1/a1","take",[0.123456789]]', f"{other}/in")
        h.helicsFederateRequestTime(fed, step)
        while h.helicsEndpointHasMessage(end):
            got += h.helicsMessageGetByteCount(h.helicsEndpointGetMessage(end)) > 0
seconds = time.perf_counter() - start
assert got > 0
h.helicsFederateDisconnect(fed)
print(seconds, got, flush=True)
