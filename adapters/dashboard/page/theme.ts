/** Light or dark: as the system says, or as the user has chosen on this page. */

type Theme = "light" | "dark";
const KEY = "cosimas-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

function apply(): void {
  document.documentElement.dataset["theme"] = theme();
}

function chosen(): Theme | undefined {
  try {
    return (localStorage.getItem(KEY) as Theme | null) ?? undefined;
  } catch {
    return undefined; // a file may have no storage
  }
}

export function theme(): Theme {
  return chosen() ?? (dark.matches ? "dark" : "light");
}

/** Choose the other one; back to what the system says if that is it. */
export function toggleTheme(): void {
  const next = theme() === "dark" ? "light" : "dark";
  try {
    if (next === (dark.matches ? "dark" : "light")) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // It lasts as long as the page.
  }
  document.documentElement.dataset["theme"] = next;
}

apply();
dark.addEventListener("change", apply);
