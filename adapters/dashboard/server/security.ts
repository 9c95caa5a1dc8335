import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { networkInterfaces } from "node:os";

/** 144 bits: nobody guesses it. */
const TOKEN_BYTES = 18;

/** What a page has to show to be let in. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64url");
}

/** Whether `given` is the token; takes as long for any text. */
export function isToken(given: string | null, token: string): boolean {
  const [one, other] = [given ?? "", token].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(one!, other!);
}

/**
 * Names by which this server may be addressed, with its port: a page of another site that has its own name point here
 * (DNS rebinding) says another.
 */
export function allowedHosts(host: string, port: number, more: readonly string[]): ReadonlySet<string> {
  const names = ["127.0.0.1", "localhost", "[::1]", ...more];
  const own = host === "0.0.0.0" || host === "::" ? Object.values(networkInterfaces()).flat() : [{ address: host }];
  for (const one of own)
    if (one !== undefined) names.push(one.address.includes(":") ? `[${one.address}]` : one.address);
  return new Set(names.map((name) => `${name}:${port}`));
}

/** Whether a page comes from this server itself; one without an origin is no page. Source: Vite CVE-2025-24010. */
export function isSameOrigin(origin: string | undefined, host: string): boolean {
  if (origin === undefined || !URL.canParse(origin)) return false;
  const { protocol, host: from } = new URL(origin);
  return (protocol === "http:" || protocol === "https:") && withPort(from, protocol) === host;
}

function withPort(host: string, protocol: string): string {
  return /:\d+$/.test(host) ? host : `${host}:${protocol === "http:" ? 80 : 443}`;
}

/** What all responses say: nothing from elsewhere, in nobody's frame, kept by no cache. */
export function headersFor(host: string): Record<string, string> {
  return {
    "content-security-policy": `default-src 'self'; connect-src 'self' ws://${host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
  };
}
