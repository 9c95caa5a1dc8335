/** What is looked at stands in the URL's hash, after the token: a link, a reload and the back button lead to the same. */

/** Names of views, in the order of their keys 1 to 6. */
export const VIEWS = ["clock", "agents", "lanes", "series", "topology", "log"] as const;
export type ViewName = (typeof VIEWS)[number];

type Listener = () => void;
const listeners = new Set<Listener>();
let present = new URLSearchParams(location.hash.slice(1));

/** The value of `name` in the URL, or an empty text. */
export function param(name: string): string {
  return present.get(name) ?? "";
}

/** Names, which may hold anything but a comma within. */
export function listParam(name: string): string[] {
  return param(name)
    .split(",")
    .filter((item) => item !== "");
}

/** The view that is shown. */
export function viewName(): ViewName {
  const given = param("view") as ViewName;
  return VIEWS.includes(given) ? given : "clock";
}

/**
 * Change what is looked at. An empty text or undefined takes a name away.
 *
 * @param visit - A step that the back button undoes; otherwise the present one is changed.
 */
export function go(changes: Readonly<Record<string, string | number | undefined>>, visit = false): void {
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === "") present.delete(name);
    else present.set(name, String(value));
  }
  const hash = `#${present}`;
  if (hash === location.hash) return;
  if (visit) history.pushState(null, "", hash);
  else history.replaceState(null, "", hash);
  for (const listener of listeners) listener();
}

/** A link to another view, as the present URL with these changes. */
export function hrefTo(changes: Readonly<Record<string, string | number | undefined>>): string {
  const copy = new URLSearchParams(present);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === "") copy.delete(name);
    else copy.set(name, String(value));
  }
  return `#${copy}`;
}

/** What a link to another view does. */
export function follow(changes: Readonly<Record<string, string | number | undefined>>): (event: Event) => void {
  return (event) => {
    event.preventDefault();
    go(changes, true);
  };
}

/** Call `listener` when the URL has changed. @returns Ends it. */
export function onUrl(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

addEventListener("popstate", () => {
  present = new URLSearchParams(location.hash.slice(1));
  for (const listener of listeners) listener();
});
addEventListener("hashchange", () => {
  present = new URLSearchParams(location.hash.slice(1));
  for (const listener of listeners) listener();
});
