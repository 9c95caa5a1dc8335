"""Reference for test/scenario/power-flow.test.ts: pandapower over whole days of a SimBench grid, storages idle.

    python pandapower_days.py GRID DAY...

Everything comes from the SimBench package, nothing from the scenario's data. Prints one JSON object: `versions`, the names of
`buses`, `lines` and `trafos`, and for each quarter hour in `steps` their results in the order of the names. Days count from 0.
"""

import json
import sys
import warnings

import pandapower
import simbench

warnings.filterwarnings("ignore")
grid, *days = sys.argv[1:]
net = simbench.get_simbench_net(grid)
profiles = simbench.get_absolute_values(net, profiles_instead_of_study_cases=True)
net.storage["p_mw"] = 0.0
net.storage["q_mvar"] = 0.0
steps = []
for step in (s for day in days for s in range(int(day) * 96, int(day) * 96 + 96)):
    net.load["p_mw"] = profiles["load", "p_mw"].loc[step].to_numpy()
    net.load["q_mvar"] = profiles["load", "q_mvar"].loc[step].to_numpy()
    net.sgen["p_mw"] = profiles["sgen", "p_mw"].loc[step].to_numpy()
    pandapower.runpp(net, numba=False)
    steps.append({
        "step": step,
        "vm_pu": net.res_bus.vm_pu.tolist(),
        "va_degree": net.res_bus.va_degree.tolist(),
        "lines": net.res_line.loading_percent.tolist(),
        "trafos": net.res_trafo.loading_percent.tolist(),
        "p_hv_mw": net.res_trafo.p_hv_mw.tolist(),
        "q_hv_mvar": net.res_trafo.q_hv_mvar.tolist(),
    })
json.dump({
    "versions": {"pandapower": pandapower.__version__, "simbench": simbench.__version__},
    "buses": net.bus.name.tolist(),
    "lines": net.line.name.tolist(),
    "trafos": net.trafo.name.tolist(),
    "steps": steps,
}, sys.stdout)
