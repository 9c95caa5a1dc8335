"""Make data/cases.json: IEEE cases as DC optimal power flows, and their optima, from pandapower.

    python scenarios/economic-dispatch/tools/make_cases.py > scenarios/economic-dispatch/data/cases.json

The grid is what `pandapower.rundcopp` hands to its solver: susceptances with tap ratios, loads with shunts, polynomial
costs in EUR/h over MW, limits of lines where they can bind. `cost` is pandapower's optimum.
"""

import json
import warnings

import pandapower
import pandapower.networks

warnings.filterwarnings("ignore")

# pandapower writes limits that no flow reaches where a line has none.
UNLIMITED_MW = 9000
# Columns of the solver's tables. Source: MATPOWER, appendix B.
BUS, LOAD, SHUNT = 0, 2, 4
GEN_BUS, GEN_ON, GEN_MAX, GEN_MIN = 0, 7, 8, 9
FROM, TO, X, LIMIT, TAP, SHIFT, ON = 0, 1, 3, 5, 8, 9, 10


def case(name):
    net = getattr(pandapower.networks, name)()
    pandapower.rundcopp(net)
    tables = net._ppc_opf
    buses, generators = tables["bus"].real, tables["gen"].real
    index = {int(bus[BUS]): i for i, bus in enumerate(buses)}
    assert all(line[SHIFT] == 0 for line in tables["branch"].real), "no phase shifters"
    return {
        "loads_mw": [mw(bus[LOAD] + bus[SHUNT]) for bus in buses],
        "generators": [
            {"bus": index[int(g[GEN_BUS])], "p_min_mw": mw(g[GEN_MIN]), "p_max_mw": mw(g[GEN_MAX]), "cost": polynomial(c)}
            for g, c in zip(generators, tables["gencost"].real)
            if g[GEN_ON] > 0
        ],
        "lines": [
            {"from": index[int(line[FROM])], "to": index[int(line[TO])], "mw_per_rad": round(susceptance(line, tables["baseMVA"]), 9)}
            | ({"limit_mw": mw(line[LIMIT])} if line[LIMIT] < UNLIMITED_MW else {})
            for line in tables["branch"].real
            if line[ON] > 0
        ],
        "cost": round(float(net.res_cost), 6),
    }


def mw(value):
    """In MW, without what solvers add to bounds; never -0."""
    return round(float(value), 6) + 0.0


def susceptance(line, base_mva):
    tap = line[TAP] or 1.0
    return float(base_mva / (line[X] * tap))


def polynomial(cost):
    """[c0, c1, c2] of c0 + c1 p + c2 p^2."""
    model, count = int(cost[0]), int(cost[3])
    assert model == 2 and count <= 3, "polynomials of at most degree 2"
    return [float(c) for c in reversed([0.0] * (3 - count) + list(cost[4 : 4 + count]))]


print(json.dumps({name: case(name) for name in ["case5", "case9", "case14", "case118"]}))
