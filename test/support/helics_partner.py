"""Federates in Python for the tests of cosimas/helics: `helics_partner.py FUNCTION '{"argument": value}'`.

What a federate sees is printed line by line; the last line is `done` if it left its federation in order.
"""

import json
import math
import sys
import time

import helics as h


def create(address, core_type, name, period=0.0, flags=(), core="", **times):
    info = h.helicsCreateFederateInfo()
    h.helicsFederateInfoSetCoreTypeFromString(info, core_type)
    options = f"--federates=1 --broker_address={address} --tick=500ms --timeout=3s {core}"
    h.helicsFederateInfoSetCoreInitString(info, options)
    if period:
        h.helicsFederateInfoSetTimeProperty(info, h.HELICS_PROPERTY_TIME_PERIOD, period)
    for flag in flags:
        h.helicsFederateInfoSetFlagOption(info, getattr(h, flag), True)
    for key, value in times.items():
        h.helicsFederateInfoSetTimeProperty(info, getattr(h, key), value)
    return h.helicsCreateCombinationFederate(name, info)


def show(*values):
    print(*values, flush=True)


def leave(fed):
    h.helicsFederateDisconnect(fed)
    h.helicsCloseLibrary()
    show("done")


def meter(address, core_type, until, name="meter", kinds=False, unit="", sleep_at=None, fail_at=None, pause=0.0):
    """Publishes its time every second, and prints what the agents publish."""
    fed = create(address, core_type, name, 1.0)
    kind = h.HELICS_DATA_TYPE_STRING if kinds == "string" else h.HELICS_DATA_TYPE_DOUBLE
    pub = h.helicsFederateRegisterGlobalPublication(fed, f"{name}/x", kind, unit)
    sub = h.helicsFederateRegisterSubscription(fed, "agents/a/y", "")
    h.helicsInputSetOption(sub, h.HELICS_HANDLE_OPTION_CONNECTION_OPTIONAL, 1)
    h.helicsFederateEnterExecutingMode(fed)
    show("executing")
    t = 0.0
    while True:
        if kinds == "string":
            h.helicsPublicationPublishString(pub, f"at {t:g}")
        else:
            h.helicsPublicationPublishDouble(pub, t)
        t = h.helicsFederateRequestTime(fed, t + 1)
        if t >= until:
            break
        show("granted", f"{t:g}", f"{h.helicsInputGetDouble(sub):g}")
        if sleep_at == t:
            time.sleep(1000)
        if fail_at == t:
            h.helicsFederateGlobalError(fed, 5, "the meter has melted")
            time.sleep(1000)
        time.sleep(pause)
    leave(fed)


def control(address, core_type, until, to="agents/a/orders", order=(), name="control", filter_delay=None):
    """Sends messages to the agents at each second, and prints those that come; `order`: endpoints that send, one each."""
    fed = create(address, core_type, name, 1.0)
    ends = [h.helicsFederateRegisterGlobalEndpoint(fed, f"{name}/{end}", "") for end in order or ["out"]]
    if filter_delay is not None:
        delay = h.helicsFederateRegisterGlobalFilter(fed, h.HELICS_FILTER_TYPE_DELAY, f"{name}/late")
        h.helicsFilterSet(delay, "delay", filter_delay)
        h.helicsFilterAddSourceTarget(delay, f"{name}/{(order or ['out'])[0]}")
    h.helicsFederateEnterExecutingMode(fed)
    t = 0.0
    while True:
        for end in ends:
            h.helicsEndpointSendBytesTo(end, json.dumps({"at": t}).encode(), to)
        t = h.helicsFederateRequestTime(fed, t + 1)
        if t >= until:
            break
        for end in ends:
            while h.helicsEndpointHasMessage(end):
                message = h.helicsEndpointGetMessage(end)
                source, text = h.helicsMessageGetOriginalSource(message), h.helicsMessageGetString(message)
                show("message", f"{t:g}", source, text)
    leave(fed)


def trader(address, core_type, until, name="trader", **options):
    """Publishes its time and sends it as a message at each second, and prints the values and messages of the agents."""
    show("HELICS", h.helicsGetVersion())
    fed = create(address, core_type, name, 1.0, **options)
    pub = h.helicsFederateRegisterGlobalPublication(fed, f"{name}/x", h.HELICS_DATA_TYPE_DOUBLE, "")
    end = h.helicsFederateRegisterGlobalEndpoint(fed, f"{name}/out", "")
    sub = h.helicsFederateRegisterSubscription(fed, "agents/a/y", "")
    h.helicsFederateEnterExecutingMode(fed)
    t = 0.0
    while True:
        h.helicsPublicationPublishDouble(pub, t)
        h.helicsEndpointSendBytesTo(end, json.dumps({"at": t}).encode(), "agents/a/orders")
        t = h.helicsFederateRequestTime(fed, t + 1)
        if t >= until:
            break
        show("granted", f"{t:g}", f"{h.helicsInputGetDouble(sub):g}")
        while h.helicsEndpointHasMessage(end):
            message = h.helicsEndpointGetMessage(end)
            show("message", f"{t:g}", h.helicsMessageGetOriginalSource(message), h.helicsMessageGetString(message))
    leave(fed)


def identity(address, core_type, until):
    """y = x, iterated at each second until nothing changes."""
    fed = create(address, core_type, "identity", 1.0, HELICS_PROPERTY_TIME_OFFSET=1e-6)
    h.helicsFederateSetIntegerProperty(fed, h.HELICS_PROPERTY_INT_MAX_ITERATIONS, 200)
    pub = h.helicsFederateRegisterGlobalPublication(fed, "identity/y", h.HELICS_DATA_TYPE_DOUBLE, "")
    sub = h.helicsFederateRegisterSubscription(fed, "agents/a/y", "")
    h.helicsFederateEnterExecutingMode(fed)
    t, last = 0.0, math.nan
    while t < until:
        t, result = h.helicsFederateRequestTimeIterative(fed, t + 1, h.HELICS_ITERATION_REQUEST_ITERATE_IF_NEEDED)
        updated = h.helicsInputIsUpdated(sub)  # reading it ends that
        x = h.helicsInputGetDouble(sub)
        if updated and not abs(x - last) <= 1e-12:
            h.helicsPublicationPublishDouble(pub, x)
            last = x
    show("fixed point", f"{last:.10f}")
    leave(fed)


if __name__ == "__main__":
    try:
        globals()[sys.argv[1]](**json.loads(sys.argv[2]))
    except h.HelicsException as error:
        show("failed:", error)
        sys.exit(1)
