/**
 * The sources as data for the house test: which file imports what, exports what, how long its functions are.
 *
 * Everything is read from the syntax, so that an import of types counts like any other.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** One source file; paths are relative to the repository and have forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  /** Files of the repository that it imports or re-exports, types too. */
  readonly files: readonly string[];
  /** What else it imports: `node:net`, `@mcap/core`; subpaths are cut off. */
  readonly packages: readonly string[];
  /** Names that it exports: those that it declares itself under its own path, others under the file that they come from. */
  readonly exports: readonly Exported[];
  readonly functions: readonly { readonly name: string; readonly line: number; readonly lines: number }[];
  /** Names of `globals` that it uses without having imported or declared them. */
  uses(globals: readonly string[]): string[];
}

interface Exported {
  /** Name that others import; `*` for everything that `from` exports. */
  readonly as: string;
  /** Where it comes from: this file, another one, or a package. */
  readonly from: string;
  /** Its name there. */
  readonly name: string;
}

/** The TypeScript files below a folder of the repository, in order of their paths. */
export function sourceFiles(folder: string, endings: readonly string[] = [".ts"]): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .sort()
    .map(read);
}

function read(path: string): SourceFile {
  const text = readFileSync(join(root, path), "utf8");
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const targets = new Set<string>();
  const functions: SourceFile["functions"][number][] = [];
  const line = (position: number) => tree.getLineAndCharacterOfPosition(position).line + 1;
  const visit = (node: ts.Node): void => {
    const target = importOf(node);
    if (target !== undefined) targets.add(target);
    if (ts.isFunctionLike(node) && "body" in node && node.body !== undefined) {
      const start = line(node.getStart());
      functions.push({ name: nameOf(node), line: start, lines: line(node.getEnd()) - start + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  const all = [...targets].map((target) => resolved(path, target));
  return {
    path,
    text,
    lines: text.split("\n").length - 1,
    files: all.filter((target) => target.includes("/") && target.endsWith("ts")).sort(),
    packages: all.filter((target) => !/\.(ts|js|json)$/.test(target)).sort(),
    exports: tree.statements.flatMap((statement) => exportsOf(statement, path, importedNames(tree, path))),
    functions,
    uses: (globals) => freeNames(tree, globals),
  };
}

/** What a node imports: `from "…"`, `import("…")` and `typeof import("…")`. */
function importOf(node: ts.Node): string | undefined {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined)
    return (node.moduleSpecifier as ts.StringLiteral).text;
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [first] = node.arguments;
    return first !== undefined && ts.isStringLiteral(first) ? first.text : undefined;
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
    return (node.argument.literal as ts.StringLiteral).text;
  return undefined;
}

/** A file's path for what starts with a dot, else the package's name. */
function resolved(path: string, target: string): string {
  if (target.startsWith(".")) return join(dirname(path), target).replaceAll("\\", "/");
  if (target.startsWith("node:")) return target;
  return target
    .split("/")
    .slice(0, target.startsWith("@") ? 2 : 1)
    .join("/");
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name !== undefined) return node.name.getText();
  if (ts.isConstructorDeclaration(node)) return "constructor";
  const { parent } = node;
  return ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) ? parent.name.getText() : "(a function)";
}

/** Local name of each import, and where it comes from. */
function importedNames(tree: ts.SourceFile, path: string): Map<string, Exported> {
  const found = new Map<string, Exported>();
  for (const statement of tree.statements) {
    if (!ts.isImportDeclaration(statement) || statement.importClause === undefined) continue;
    const from = resolved(path, (statement.moduleSpecifier as ts.StringLiteral).text);
    const { name, namedBindings } = statement.importClause;
    if (name !== undefined) found.set(name.text, { as: name.text, from, name: "default" });
    if (namedBindings === undefined) continue;
    if (ts.isNamespaceImport(namedBindings))
      found.set(namedBindings.name.text, { as: namedBindings.name.text, from, name: "*" });
    else
      for (const one of namedBindings.elements)
        found.set(one.name.text, { as: one.name.text, from, name: (one.propertyName ?? one.name).text });
  }
  return found;
}

function exportsOf(statement: ts.Statement, path: string, imported: ReadonlyMap<string, Exported>): Exported[] {
  if (ts.isExportDeclaration(statement)) {
    const from = statement.moduleSpecifier && resolved(path, (statement.moduleSpecifier as ts.StringLiteral).text);
    const { exportClause } = statement;
    if (exportClause === undefined) return [{ as: "*", from: from!, name: "*" }];
    if (ts.isNamespaceExport(exportClause)) return [{ as: exportClause.name.text, from: from!, name: "*" }];
    return exportClause.elements.map((one) => {
      const name = (one.propertyName ?? one.name).text;
      const origin = from === undefined ? imported.get(name) : undefined;
      return { as: one.name.text, from: from ?? origin?.from ?? path, name: origin?.name ?? name };
    });
  }
  const exported =
    ts.canHaveModifiers(statement) &&
    ts.getModifiers(statement)?.some((one) => one.kind === ts.SyntaxKind.ExportKeyword);
  if (!exported) return [];
  const names = ts.isVariableStatement(statement)
    ? statement.declarationList.declarations.map(({ name }) => name.getText())
    : [(statement as ts.DeclarationStatement).name?.getText() ?? "default"];
  return [...new Set(names)].map((name) => ({ as: name, from: path, name }));
}

/** Which of `globals` stand in expressions of a file that neither imports nor declares them. */
function freeNames(tree: ts.SourceFile, globals: readonly string[]): string[] {
  const found = new Set<string>();
  const own = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node)) return;
    if (ts.isIdentifier(node) && globals.includes(node.text)) {
      const { parent } = node;
      const declares =
        ts.isImportSpecifier(parent) ||
        ((ts.isParameter(parent) || ts.isVariableDeclaration(parent)) && parent.name === node);
      const isKey =
        (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
        ((ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent) || ts.isPropertyDeclaration(parent)) &&
          parent.name === node);
      if (declares) own.add(node.text);
      else if (!isKey && !ts.isExportSpecifier(parent)) found.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return [...found].filter((name) => !own.has(name)).sort();
}

/**
 * The circles of a graph: groups of nodes of which each reaches all others (Tarjan's strongly connected components of more
 * than one node, or of one that points to itself).
 *
 * @returns Each circle and all circles in order of names.
 */
export function circles(graph: ReadonlyMap<string, Iterable<string>>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const path: string[] = [];
  const found: string[][] = [];
  const visit = (node: string): void => {
    index.set(node, index.size);
    low.set(node, index.get(node)!);
    path.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!graph.has(next)) continue;
      if (!index.has(next)) visit(next);
      if (path.includes(next)) low.set(node, Math.min(low.get(node)!, low.get(next)!));
    }
    if (low.get(node) !== index.get(node)) return;
    const circle = path.splice(path.indexOf(node));
    if (circle.length > 1 || [...(graph.get(node) ?? [])].includes(node)) found.push(circle.sort());
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return found.sort((x, y) => (x[0]! < y[0]! ? -1 : 1));
}
