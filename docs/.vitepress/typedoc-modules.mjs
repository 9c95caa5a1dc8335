/** A plugin of typedoc: modules are called as one imports them (`cosimas/rpc`), not as their files are (`src/rpc`). */
import { readFileSync } from "node:fs";
import { Converter, ReflectionKind } from "typedoc";

/** @param {import("typedoc").Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const names = importNames();
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      const name = names.get(module.name);
      if (name === undefined) throw new Error(`typedoc.json names ${module.name}, which package.json does not export`);
      module.name = name;
    }
  });
}

/** What typedoc calls a module, and the name by which package.json exports it. */
function importNames() {
  const { name, exports } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return new Map(
    Object.entries(exports)
      .filter(([, to]) => typeof to === "object")
      .map(([from, to]) => [
        to.types.replace("./dist/", "").replace(/(\/index)?\.d\.ts$/, ""),
        from === "." ? name : `${name}/${from.slice(2)}`,
      ]),
  );
}
