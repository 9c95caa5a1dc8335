import { type AgentPair, type AgentTopology, fromEdges, wrong } from "./agent-topology.ts";

/** Names that a file's first line may give to its two columns. */
const HEADERS: readonly string[] = ["from,to", "source,target"];

/**
 * Read a topology from a file's text: JSON or a list of edges.
 *
 * - JSON: `[["a", "b"], …]`, or `{ "nodes": ["a", …], "edges": [["a", "b"], …] }`. A node may be `{ "id": "a" }`, an edge
 *   `{ "from", "to" }` or `{ "source", "target" }`, and the edges may be named `links`: as `node_link_data` of networkx writes.
 * - Anything else is one edge a line: two ids with a comma or a semicolon between them. Lines that are empty or begin
 *   with `#` do not count, nor does a first line `from,to` or `source,target`.
 *
 * @throws ScenarioError `ERR_SCENARIO_TOPOLOGY` naming the line or element; and as {@link fromEdges}.
 */
export function parseTopology(text: string): AgentTopology {
  const trimmed = text.replace(/^\uFEFF/, "").trim();
  return /^[[{]/.test(trimmed) ? fromJson(trimmed) : fromLines(text);
}

function fromLines(text: string): AgentTopology {
  const pairs: AgentPair[] = [];
  let isFirst = true;
  for (const [i, line] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const cells = line.split(/[,;]/).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
    const [one = "", other = ""] = cells;
    if (cells.length !== 2 || one === "" || other === "") {
      throw wrong(`line ${i + 1} must be two ids with a comma between them, as "a,b"; got ${JSON.stringify(line)}`);
    }
    if (!isFirst || !HEADERS.includes(`${one},${other}`.toLowerCase())) pairs.push([one, other]);
    isFirst = false;
  }
  return fromEdges(pairs);
}

function fromJson(text: string): AgentTopology {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw wrong(`it begins as JSON and is none: ${(error as Error).message}`);
  }
  if (Array.isArray(data)) return fromEdges(data.map((edge, i) => pairOf(edge, `[${i}]`)));
  const { nodes, edges, links } = data as Record<string, unknown>;
  const given = edges ?? links;
  if (!Array.isArray(given)) throw wrong('an object needs a list "edges", or "links"');
  if (nodes !== undefined && !Array.isArray(nodes)) throw wrong('"nodes" must be a list of ids');
  const pairs = given.map((edge, i) => pairOf(edge, `edges[${i}]`));
  return fromEdges(pairs, nodes === undefined ? undefined : (nodes as unknown[]).map(idOf));
}

function idOf(node: unknown, i: number): string {
  const id = typeof node === "object" && node !== null ? (node as { id?: unknown }).id : node;
  return asId(id, `nodes[${i}]`);
}

function pairOf(edge: unknown, place: string): AgentPair {
  if (Array.isArray(edge)) {
    if (edge.length === 2) return [asId(edge[0], place), asId(edge[1], place)];
  } else if (typeof edge === "object" && edge !== null) {
    const { from, to, source, target } = edge as Record<string, unknown>;
    return [asId(from ?? source, `${place}.from`), asId(to ?? target, `${place}.to`)];
  }
  throw wrong(`${place} must be an edge, as ["a", "b"] or { "from": "a", "to": "b" }; got ${JSON.stringify(edge)}`);
}

/** networkx numbers its nodes unless they have names. */
function asId(value: unknown, place: string): string {
  if (typeof value === "string" || Number.isSafeInteger(value)) return String(value);
  throw wrong(`${place} must be the id of an agent, got ${JSON.stringify(value) ?? "nothing"}`);
}
