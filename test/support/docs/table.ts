/** Which environment a page's blocks need, and the few blocks that no test looks at. */
import type { Play } from "./play.ts";

/** A page with Python in it, and the set of requirements of its environment (`test/support/requirements-<set>-….txt`). */
export interface PythonPage extends Play {
  readonly python: string;
}

/** What mosaik writes if a simulator fails; its `run` returns all the same. */
const MOSAIK_FAILS = /ERROR|Traceback|cosimas:/;

export const PYTHON_PAGES: Readonly<Record<string, PythonPage>> = {
  "docs/mosaik.md": {
    python: "mosaik",
    files: ["test/interop/fixtures/tutorial/example_sim.py", "test/interop/fixtures/tutorial/collector.py"],
    quiet: MOSAIK_FAILS,
  },
  "docs/guide/mosaik.md": { python: "mosaik", quiet: MOSAIK_FAILS },
  "docs/guide/from-aiomas.md": { python: "aiomas", ports: ["5555", "5556"] },
  "docs/guide/from-mango.md": { python: "mango" },
  "docs/guide/pandas.md": { python: "tables" },
  "docs/recordings.md": { python: "tables" },
  "docs/guide/helics.md": { python: "helics", ports: ["23500"] },
};

/** Pages whose blocks another test runs, since it looks at more than what they print. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  "docs/rpc.md": "test/interop/rpc-guide.test.ts: a server and a client in Python, on a port that is free",
  "docs/helics.md":
    "test/interop/helics-guide.test.ts: how each of its processes ends, and what each logs; a tree of brokers needs many machines",
};

/** Blocks of no language that a test runs, by page and first line, and why. */
export const UNCHECKED: Readonly<Record<string, string>> = {
  'docs/channel.md: <script type="module">': "a page; test/conformance/browser.test.ts runs one in Chromium",
  "docs/helics.md: {": "a runner file; test/interop/helics-guide.test.ts starts from it",
  "docs/protocol.md: 00 00 00 10   93 00 04 93 a7 73 75 62 2f 6d 75 6c 92 06 07 80": "bytes of a frame",
  'docs/protocol.md: {"cosimas": 1, "codec": "msgpack", "token": "..."}': "frames of the hello",
};
