import {
  AGENTS_MAX,
  type AgentSort,
  type Command,
  EVENTS_MAX,
  type LineFilter,
  type PageRequest,
  type Question,
  type RowPlace,
} from "../model/protocol.ts";

/** Bytes of a page's message. */
export const REQUEST_BYTES_MAX = 64 * 1024;
/** Names in one question. */
const NAMES_MAX = 2000;
const NAME_CHARS_MAX = 400;
/** Fastest speed: seconds of the run per second. */
export const SPEED_MAX = 1e9;

/** What a page sent, checked: a request, or why it is none. */
export type Checked = { readonly request: PageRequest } | { readonly n: number; readonly reason: string };

class Refusal extends Error {}

/** Read a page's message. Whatever it is, nothing but a request of a known kind comes out. */
export function checkedRequest(text: string): Checked {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return { n: -1, reason: "the message is no JSON" };
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return { n: -1, reason: "the message is no object" };
  }
  const fields = new Fields(given as Record<string, unknown>);
  const n = Number.isSafeInteger(fields.raw("n")) ? (fields.raw("n") as number) : -1;
  try {
    if (n < 0) throw new Refusal("n must be a whole number of at least 0");
    const request = fields.raw("do") !== undefined ? command(fields) : question(fields);
    fields.end();
    return { request: { ...request, n } };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { n, reason: error.message };
  }
}

function command(fields: Fields): Command {
  const what = fields.oneOf("do", ["run", "pause", "step", "runTo", "speed"] as const);
  if (what === "runTo") return { do: what, ticks: fields.integer("ticks", 0, Number.MAX_SAFE_INTEGER) };
  if (what === "speed") return { do: what, value: fields.number("value", 0, SPEED_MAX) };
  return { do: what };
}

const ASKS = ["agents", "agent", "events", "chain", "names", "series", "pairs", "values", "state"] as const;

function question(fields: Fields): Question {
  const ask = fields.oneOf("ask", ASKS);
  const time = (name: string) => fields.integer(name, 0, Number.MAX_SAFE_INTEGER);
  const at = () => (fields.has("at") ? { at: time("at") } : {});
  const limit = (most: number) => (fields.has("limit") ? { limit: fields.integer("limit", 1, most) } : {});
  const search = () => (fields.has("search") ? { search: fields.text("search") } : {});
  switch (ask) {
    case "agents": {
      const sorts = ["id", "type", "received", "sent", "last", "faults"] as const satisfies readonly AgentSort[];
      const sort = fields.has("sort") ? { sort: fields.oneOf("sort", sorts) } : {};
      const down = fields.has("down") ? { down: fields.boolean("down") } : {};
      return { ask, ...at(), ...search(), ...sort, ...down, ...limit(AGENTS_MAX) };
    }
    case "agent":
      return { ask, id: fields.text("id"), ...at() };
    case "state":
      return { ask, ...at() };
    case "names":
      return { ask, ...search(), ...limit(NAMES_MAX) };
    case "events": {
      const last = fields.has("last") ? { last: fields.boolean("last") } : {};
      const filter = fields.has("filter") ? { filter: filterOf(fields.raw("filter")) } : {};
      const after = fields.has("after") ? { after: fields.place("after") } : {};
      const limited = { limit: fields.integer("limit", 1, EVENTS_MAX) };
      return { ask, from: time("from"), to: time("to"), ...limited, ...last, ...filter, ...after };
    }
    case "chain":
      return { ask, id: fields.text("id"), ticks: time("ticks") };
    case "pairs":
      return { ask, from: time("from"), to: time("to"), ...limit(NAMES_MAX) };
    case "series": {
      const [from, to] = [time("from"), time("to")];
      return { ask, names: fields.texts("names"), from, to, columns: fields.integer("columns", 1, 10_000) };
    }
    case "values":
      return { ask, names: fields.texts("names"), ...at() };
  }
}

function filterOf(given: unknown): LineFilter {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new Refusal("filter must be an object");
  const fields = new Fields(given as Record<string, unknown>);
  const filter: LineFilter = {
    ...(fields.has("agents") && { agents: fields.texts("agents") }),
    ...(fields.has("methods") && { methods: fields.texts("methods") }),
    ...(fields.has("kinds") && { kinds: fields.texts("kinds") }),
    ...(fields.has("text") && { text: fields.text("text") }),
  };
  fields.end();
  return filter;
}

/** Takes fields out of an object by name and kind, and says which is wrong. */
class Fields {
  readonly #given: Record<string, unknown>;
  readonly #taken = new Set<string>(["n"]);

  constructor(given: Record<string, unknown>) {
    this.#given = given;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#given, name) && this.#given[name] !== undefined;
  }

  raw(name: string): unknown {
    this.#taken.add(name);
    return Object.hasOwn(this.#given, name) ? this.#given[name] : undefined;
  }

  oneOf<const T extends string>(name: string, allowed: readonly T[]): T {
    const value = this.raw(name);
    if (allowed.includes(value as T)) return value as T;
    throw new Refusal(`${name} must be one of ${allowed.join(", ")}`);
  }

  number(name: string, min: number, max: number): number {
    const value = this.raw(name);
    if (typeof value === "number" && value >= min && value <= max) return value;
    throw new Refusal(`${name} must be a number from ${min} to ${max}`);
  }

  integer(name: string, min: number, max: number): number {
    const value = this.number(name, min, max);
    if (Number.isSafeInteger(value)) return value;
    throw new Refusal(`${name} must be a whole number`);
  }

  boolean(name: string): boolean {
    const value = this.raw(name);
    if (typeof value === "boolean") return value;
    throw new Refusal(`${name} must be true or false`);
  }

  text(name: string): string {
    const value = this.raw(name);
    if (typeof value === "string" && value.length <= NAME_CHARS_MAX) return value;
    throw new Refusal(`${name} must be a text of at most ${NAME_CHARS_MAX} characters`);
  }

  texts(name: string): string[] {
    const value = this.raw(name);
    const isText = (item: unknown) => typeof item === "string" && item.length <= NAME_CHARS_MAX;
    if (Array.isArray(value) && value.length <= NAMES_MAX && value.every(isText)) return value as string[];
    throw new Refusal(`${name} must be a list of at most ${NAMES_MAX} texts`);
  }

  place(name: string): RowPlace {
    const value = this.raw(name);
    const isPart = (part: unknown) => Number.isSafeInteger(part) && (part as number) >= -1;
    if (Array.isArray(value) && value.length === 3 && value.every(isPart)) return value as unknown as RowPlace;
    throw new Refusal(`${name} must be what an answer has as its next`);
  }

  end(): void {
    const unknown = Object.keys(this.#given).find((name) => !this.#taken.has(name));
    if (unknown !== undefined) throw new Refusal(`there is no field ${JSON.stringify(unknown.slice(0, 40))}`);
  }
}
