import type { SimNode } from "../scheduler/sim-node.ts";

/** Attributes that one arrow names; more are counted. */
const ATTRS_SHOWN_MAX = 4;

/**
 * The simulators of a scenario and what flows between them, as a Mermaid flow chart, which GitHub and many editors draw.
 * Groups are boxes; a dotted arrow is time-shifted, a thick one weak. An arrow names its attributes, each once.
 */
export function mermaid(sims: readonly SimNode[]): string {
  const names = new Map(sims.map((sim, i) => [sim, `s${i}`]));
  const lines = ["flowchart LR", ...boxes(sims, names)];
  for (const dest of sims) {
    for (const { source, delay, connections, asyncRequests } of dest.incoming) {
      const [shift = 0, ...weak] = delay.tiers;
      const attrs = new Set(connections.map(({ srcAttr, destAttr }) => named(srcAttr, destAttr)));
      const shown = [...attrs].slice(0, ATTRS_SHOWN_MAX);
      if (attrs.size > shown.length) shown.push(`${attrs.size - shown.length} more`);
      if (shift > 0) shown.push(`${shift} step${shift === 1 ? "" : "s"} later`);
      if (asyncRequests) shown.push("async requests");
      const arrow = weak.some((tier) => tier > 0) ? "==>" : shift > 0 ? "-.->" : "-->";
      const label = shown.length === 0 ? "" : `|${quoted(shown.join(", "))}|`;
      lines.push(`  ${names.get(source)} ${arrow}${label} ${names.get(dest)}`);
    }
  }
  return lines.join("\n");
}

function named(srcAttr: string, destAttr: string): string {
  return srcAttr === destAttr ? srcAttr : `${srcAttr} to ${destAttr}`;
}

/** A box for each simulator, within those of its groups. */
function boxes(sims: readonly SimNode[], names: ReadonlyMap<SimNode, string>): string[] {
  const [top] = sims;
  if (top === undefined) return [];
  const groups = [...new Set(sims.map(({ group }) => group))];
  const all = [...new Set(groups.flatMap((group) => withParents(group)))];
  const draw = (group: SimNode["group"], indent: string): string[] => {
    const own = sims.filter((sim) => sim.group === group);
    const lines = own.map((sim) => `${indent}${names.get(sim)}[${quoted(label(sim))}]`);
    for (const inner of all.filter(({ parent }) => parent === group)) {
      lines.push(`${indent}subgraph g${all.indexOf(inner)}[" "]`, ...draw(inner, `${indent}  `), `${indent}end`);
    }
    return lines;
  };
  return all.filter(({ parent }) => parent === undefined).flatMap((group) => draw(group, "  "));
}

function withParents(group: SimNode["group"]): SimNode["group"][] {
  return group.parent === undefined ? [group] : [...withParents(group.parent), group];
}

function label({ sid, meta, entities }: SimNode): string {
  return `${sid}<br/>${meta.type}, ${entities.size} ${entities.size === 1 ? "entity" : "entities"}`;
}

/** In Mermaid's quotes, with the characters that end them as entities. */
function quoted(text: string): string {
  return `"${text.replaceAll("#", "#35;").replaceAll('"', "#quot;")}"`;
}
