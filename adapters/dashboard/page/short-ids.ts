/** Ids from which no prefix is taken: two may be alike by chance. */
const IDS_MIN = 3;
const PREFIX_MIN = 4;

export interface ShortIds {
  /** What all ids begin with, up to a mark that separates; empty if there is none worth leaving out. */
  readonly prefix: string;
  /** An id without it. */
  readonly short: (id: string) => string;
}

/** What all `ids` begin with need not stand at each: `household-north-001`, `household-north-002` are `001`, `002`. */
export function shortIds(ids: readonly string[]): ShortIds {
  const named = ids.filter((id) => id !== "@");
  let prefix = named[0] ?? "";
  for (const id of named) while (!id.startsWith(prefix)) prefix = prefix.slice(0, -1);
  prefix = prefix.slice(0, prefix.search(/[^\p{L}\p{N}][\p{L}\p{N}]*$/u) + 1);
  if (named.length < IDS_MIN || prefix.length < PREFIX_MIN || named.includes(prefix)) prefix = "";
  return { prefix, short: (id) => (id.startsWith(prefix) ? id.slice(prefix.length) : id) };
}
