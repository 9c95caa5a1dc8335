import { type Browser, chromium } from "playwright-core";

/** Chromium from its package runs here; elsewhere tests of the page are left to CI. */
export const hasChromium = (process.platform === "linux" && process.arch === "x64") || process.env["CI"] === "true";

/** Chromium from its package, unpacked into `folder`; with WebGL and sandbox off, as in a container. */
export async function launchChromium(folder: string): Promise<Browser> {
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder; // the package unpacks there
  try {
    const { default: packed } = await import("@sparticuz/chromium");
    const executablePath = await packed.executablePath();
    // In one process with its pages it ends with the first context that is closed.
    const args = packed.args.filter((arg) => arg !== "--single-process");
    return await chromium.launch({ executablePath, args: [...args, "--no-sandbox"], headless: true });
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}
