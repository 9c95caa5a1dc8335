import { type Browser, chromium } from "playwright-core";

/** Whether there is a Chromium for this machine. In CI tests do not ask: there it has to be. */
export const supported = process.platform === "linux" && process.arch === "x64";

/** Chromium from its package, unpacked into `folder`. */
export async function launched(folder: string): Promise<Browser> {
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
