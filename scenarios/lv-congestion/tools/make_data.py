"""Make the data of the scenario lv-congestion from the SimBench grid 1-LV-rural1--2-sw.

Writes `grid.json` (elements and their parameters, in pandapower's order and units) and `profiles.csv.gz` (one row a quarter
hour, one column a profile that a load or PV plant of this grid uses).
Source: SimBench, PyPI `simbench` 1.6.3, data under ODbL 1.0.

    python scenarios/lv-congestion/tools/make_data.py [FOLDER]

FOLDER defaults to the scenario's `data/`. The packages are those of `test/support/requirements-pandapower-py312.txt`. The same
packages give the same bytes; another zlib may pack the same text into other bytes.

Refuses whatever the power flow of this scenario does not model: open switches, elements out of service, loads that depend on
voltage, tap changers that pandapower would let act, time steps that are not quarter hours.
"""

import gzip
import json
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import simbench

GRID = "1-LV-rural1--2-sw"
SIMBENCH_VERSION = "1.6.3"
STEPS_PER_DAY = 96
# SimBench publishes load profiles with 6 decimals, PV profiles with 9. Checked below: rounding to these loses no bit.
DECIMALS = {"load": 6, "renewables": 9}


def number_of(name):
    """The number at the end of a SimBench name: 12 of 'LV1.101 Load 12'."""
    return int(re.search(r"(\d+)$", name).group(1))


def require(condition, what):
    if not condition:
        raise SystemExit(f"make_data: {GRID}: {what}")


def check_assumptions(net):
    require(simbench.__version__ == SIMBENCH_VERSION, f"needs simbench {SIMBENCH_VERSION}, found {simbench.__version__}")
    require(bool(net.switch.closed.all()), "an open switch is not modelled")
    require(set(net.switch.et) <= {"l", "t"}, "a switch between buses is not modelled")
    for table in ("bus", "line", "trafo", "ext_grid", "load", "sgen", "storage"):
        require(bool(net[table].in_service.all()), f"an element of {table} is out of service")
    for table in ("gen", "shunt", "ward", "xward", "impedance", "trafo3w", "dcline", "motor"):
        require(len(net[table]) == 0, f"elements of {table} are not modelled")
    shares = ["const_z_p_percent", "const_i_p_percent", "const_z_q_percent", "const_i_q_percent"]
    require(not net.load[shares].to_numpy().any(), "loads that depend on voltage are not modelled")
    for table in ("load", "sgen", "storage"):
        require(bool((net[table].scaling == 1).all()), f"scaling in {table} is not modelled")
    # Without a tap changer type pandapower ignores tap_pos (build_branch.py, _calc_tap_from_dataframe).
    require(bool(net.trafo.tap_changer_type.isna().all()), "a tap changer that acts is not modelled")
    require(bool((net.sgen.q_mvar == 0).all()), "PV plants with reactive power are not modelled")


def pick(row, *columns):
    return {column: row[column].item() if hasattr(row[column], "item") else row[column] for column in columns}


def grid_of(net):
    bus_id = {i: f"Bus-{number_of(row['name'])}" if row.vn_kv < 1 else "Bus-MV" for i, row in net.bus.iterrows()}
    require(len(set(bus_id.values())) == len(net.bus), "bus names are not unique")

    def rows(table, prefix, make):
        return [
            {"id": f"{prefix}-{number_of(row['name'])}", "name": row["name"], **make(row)}
            for _, row in net[table].iterrows()
        ]

    return {
        "source": f"SimBench {GRID}, PyPI simbench {SIMBENCH_VERSION}, ODbL 1.0, https://simbench.de",
        "f_hz": float(net.f_hz),
        "s_base_mva": float(net.sn_mva),
        "buses": [{"id": bus_id[i], "name": row["name"], **pick(row, "vn_kv")} for i, row in net.bus.iterrows()],
        "external_grid": {
            "id": "ExternalGrid-1",
            "name": net.ext_grid.name.iloc[0],
            "bus": bus_id[net.ext_grid.bus.iloc[0]],
            **pick(net.ext_grid.iloc[0], "vm_pu", "va_degree"),
        },
        "lines": rows("line", "Line", lambda r: {
            "from_bus": bus_id[r.from_bus], "to_bus": bus_id[r.to_bus],
            **pick(r, "length_km", "r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km", "g_us_per_km"),
            **pick(r, "max_i_ka", "df", "parallel"),
        }),
        "trafos": rows("trafo", "Trafo", lambda r: {
            "hv_bus": bus_id[r.hv_bus], "lv_bus": bus_id[r.lv_bus],
            **pick(r, "sn_mva", "vn_hv_kv", "vn_lv_kv", "vk_percent", "vkr_percent", "pfe_kw", "i0_percent"),
            **pick(r, "shift_degree", "df", "parallel"),
        }),
        "loads": rows("load", "Load", lambda r: {
            "bus": bus_id[r.bus], **pick(r, "p_mw", "q_mvar"),
            "p_profile": f"{r.profile}_pload", "q_profile": f"{r.profile}_qload",
        }),
        "pvs": rows("sgen", "PV", lambda r: {"bus": bus_id[r.bus], **pick(r, "p_mw", "sn_mva"), "profile": r.profile}),
        "storages": rows("storage", "Storage", lambda r: {
            # SimBench's efficiency_percent holds 0.95: a factor, whatever its name says.
            "bus": bus_id[r.bus], **pick(r, "sn_mva", "max_e_mwh"), "efficiency": float(r.efficiency_percent),
        }),
    }


def profiles_of(net):
    """Columns as lists of decimal texts, in a fixed order."""
    wanted = [("load", p + end) for p in sorted(set(net.load.profile)) for end in ("_pload", "_qload")]
    wanted += [("renewables", p) for p in sorted(set(net.sgen.profile))]
    columns = {}
    for table, column in wanted:
        values = net.profiles[table][column].to_numpy(float)
        scale = 10 ** DECIMALS[table]
        whole = np.round(values * scale).astype(np.int64)
        require(bool(np.isfinite(values).all()), f"profile {column} has a value that is not finite")
        require(bool((whole / scale == values).all()), f"profile {column} has more than {DECIMALS[table]} decimals")
        columns[column] = [decimal_text(int(w), DECIMALS[table]) for w in whole]
    lengths = {len(c) for c in columns.values()}
    require(len(lengths) == 1 and lengths.pop() % STEPS_PER_DAY == 0, "profiles do not hold whole days")
    return columns


def decimal_text(whole, decimals):
    """`whole` / 10^`decimals` as the shortest decimal text without an exponent."""
    sign, whole = ("-", -whole) if whole < 0 else ("", whole)
    before, after = divmod(whole, 10**decimals)
    digits = f"{after:0{decimals}d}".rstrip("0")
    return f"{sign}{before}.{digits}" if digits else f"{sign}{before}"


def main():
    warnings.filterwarnings("ignore")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / "data"
    folder.mkdir(parents=True, exist_ok=True)
    net = simbench.get_simbench_net(GRID)
    check_assumptions(net)
    grid = grid_of(net)
    lists = {k: v for k, v in grid.items() if isinstance(v, list)}
    head = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in grid.items() if k not in lists]
    body = [f"{json.dumps(k)}: [\n  " + ",\n  ".join(json.dumps(x) for x in v) + "\n]" for k, v in lists.items()]
    (folder / "grid.json").write_text("{\n" + ",\n".join(head + body) + "\n}\n")
    columns = profiles_of(net)
    rows = zip(*columns.values())
    text = "\n".join([",".join(columns), *(",".join(row) for row in rows)]) + "\n"
    packed = bytearray(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    packed[9] = 255  # "operating system unknown" (RFC 1952): Python versions differ in what they write here
    (folder / "profiles.csv.gz").write_bytes(packed)


if __name__ == "__main__":
    main()
