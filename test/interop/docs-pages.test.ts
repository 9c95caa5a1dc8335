import { describe, expect, it } from "vitest";
import { blocks, readPage } from "../support/docs/page.ts";
import { playPage } from "../support/docs/play.ts";
import { PYTHON_PAGES } from "../support/docs/table.ts";
import { freePort } from "../support/helics.ts";
import { pythonEnvironment } from "../support/python.ts";

/** Every code block of the docs' pages with Python in them runs as it stands there: see `test/scenario/docs-pages.test.ts`. */
const pages = await Promise.all(
  Object.entries(PYTHON_PAGES).map(async ([page, options]) => ({
    page,
    options,
    ...(await pythonEnvironment(options.python)),
  })),
);

describe("code blocks of the docs, with Python", () => {
  for (const { page, options, python, reason } of pages) {
    it.skipIf(reason !== undefined)(`${page}${reason === undefined ? "" : ` (skipped: ${reason})`}`, () =>
      playPage(page, python, { ...options, freePort }),
    );
  }

  it.each(["relays.py", "stores.py"])("need few lines of mosaik: %s", (name) => {
    const [master] = blocks(readPage("docs/mosaik.md")).filter((block) => block.name === name);
    expect(master!.text.trimEnd().split("\n").length).toBeLessThanOrEqual(16); // with the line of its name
  });
});
