/** Names of federates and cores by HELICS' ids. */
export type FederationMap = ReadonlyMap<number, string>;

interface MapNode {
  readonly attributes?: { readonly id?: number; readonly name?: string };
  readonly federates?: readonly MapNode[];
  readonly cores?: readonly MapNode[];
  readonly brokers?: readonly MapNode[];
}

/** Read HELICS' answer to the query `federate_map`; a core is named by its federates. */
export function readFederationMap(answer: string): FederationMap {
  const map = new Map<number, string>();
  const visit = (node: MapNode): readonly string[] => {
    const { id, name } = node.attributes ?? {};
    const federates = (node.federates ?? []).map(({ attributes = {} }) => {
      if (attributes.id !== undefined) map.set(attributes.id, `federate "${attributes.name}"`);
      return `"${attributes.name}"`;
    });
    const below = [...(node.cores ?? []), ...(node.brokers ?? [])].flatMap(visit);
    if (id !== undefined && node.federates !== undefined) map.set(id, `the core of federate ${federates.join(", ")}`);
    else if (id !== undefined) map.set(id, `broker ${name}`);
    return [...federates, ...below];
  };
  try {
    visit(JSON.parse(answer) as MapNode);
  } catch {
    // Only names are missing then.
  }
  return map;
}

/** Who has come while others are waited for, as the end of a sentence. Source: HELICS' query `federates`. */
export function gathered(answer: string): string {
  let names: unknown;
  try {
    names = JSON.parse(answer);
  } catch {
    return "";
  }
  if (!Array.isArray(names)) return "";
  const known = names.map((name) => `"${name}"`).join(", ");
  const remedy = "start the others, or let the broker wait for fewer (helics_broker -f)";
  return `: the federation has ${known || "nobody"} so far; ${remedy}`;
}

/** One federate on which a grant depends. Source: HELICS' query `global_time_debugging`. */
interface Dependency {
  readonly id: number;
  /** Time before which it sends nothing, in seconds. */
  readonly next: number;
  readonly state: string;
  readonly connection?: string;
}

/** Whom a grant waits for, as the end of a sentence: those that have not gone as far as the request. */
export function waitsFor(answer: string, map: FederationMap): string {
  let state: { readonly dependencies?: readonly Dependency[]; readonly requested?: number; readonly exec?: number };
  try {
    state = JSON.parse(answer);
  } catch {
    return "";
  }
  const { dependencies = [], requested = state.exec ?? Infinity } = state;
  const behind = dependencies.filter(({ next, connection }) => connection !== "self" && next <= requested);
  if (behind.length === 0) return "";
  // A broker is behind because a federate below it is.
  const federates = behind.filter(({ id }) => map.get(id)?.startsWith("broker ") !== true);
  const each = (federates.length > 0 ? federates : behind).map(({ id, next, state: does }) => {
    const seconds = next < -1e6 ? "its start" : `${next} s`;
    return `${map.get(id) ?? `federate ${id}`}, which is at ${seconds} (${does})`;
  });
  return `: it waits for ${each.join("; ")}`;
}
