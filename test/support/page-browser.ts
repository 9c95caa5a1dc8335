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
    return await chromium.launch({ executablePath, args: [...packed.args, "--no-sandbox"], headless: true });
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}
