/**
 * A browser that runs under the locale POSIX says `en-US@posix`, which `Intl` refuses: a library that asks for the user's numbers
 * would end the page. Loaded before all others.
 */
try {
  Intl.getCanonicalLocales(navigator.language);
} catch {
  Object.defineProperty(navigator, "language", { value: "en-US", configurable: true });
}
