import { describe, it } from "vitest";
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
});
