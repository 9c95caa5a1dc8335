import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

/** What the compiler says to a user's code: errors that name the mend, and none where nothing is wrong. */
const root = fileURLToPath(new URL("../..", import.meta.url));

const CLASSES = `
import { Agent, type Container, type Platform, type Remote } from "cosimas";
import { agentModel } from "cosimas/mosaik";
class Plain extends Agent {}
class Battery extends Agent {
  static override readonly exposed = ["offer"] as const;
  static override readonly outputs = ["p_kw"] as const;
  p_kw = 0;
  readonly kwh: number;
  constructor(kwh: number, _name = "") { super(); this.kwh = kwh; }
  offer(kw: number): number { return kw; }
  measure(_inputs: { p_kw?: number; vm_pu: number }): void {}
}
class Spare extends Agent {
  static override readonly exposed = ["offer"] as const;
  constructor({ kw }: { kw?: number } = {}) { super(); void kw; }
  offer(kw: number): number { return kw; }
  async ask(): Promise<number> {
    const { answers } = await this.gather(this.neighbours<typeof Battery>(), "offer", [3], { within: 1 });
    return answers[0]!.value + (await answers[0]!.peer.offer(1));
  }
}
class Loose extends Agent {
  static override readonly exposed = ["offer"];
  offer(kw: number): number { return kw; }
}
declare const container: Container;
declare const platform: Platform;
declare const battery: Remote<typeof Battery>;
declare const loose: Remote<typeof Loose>;
declare const unknown: Remote<unknown>;
`;

/** The compiler's messages to each line, behind the classes. */
function messages(lines: readonly string[]): string[][] {
  const file = join(root, "test/unit/user-code.ts");
  const text = `${CLASSES}${lines.join("\n")}\n`;
  const read = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, root);
  const host = ts.createCompilerHost({ ...options, noEmit: true });
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.readFile = (name) => (name === file ? text : readFile(name));
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2023) : getSourceFile(name, ...rest);
  const program = ts.createProgram([file], { ...options, noEmit: true }, host);
  const source = program.getSourceFile(file)!;
  const first = CLASSES.split("\n").length - 1;
  const found: string[][] = lines.map(() => []);
  for (const { start, messageText } of [
    ...program.getSyntacticDiagnostics(source),
    ...program.getSemanticDiagnostics(source),
  ]) {
    const at = source.getLineAndCharacterOfPosition(start!).line - first;
    (found[at] ?? found[0]!).push(ts.flattenDiagnosticMessageText(messageText, " "));
  }
  return found;
}

const CASES: readonly (readonly [code: string, message: RegExp | undefined])[] = [
  ["container.spawn(Plain);", undefined],
  ["container.spawn(Plain, { id: 'a' });", undefined],
  ["container.spawn(Battery, { id: 'a', args: [5] });", undefined],
  ["container.spawn(Battery, { id: 'a', args: [5, 'x'] });", undefined],
  ["container.spawn(Battery);", /Expected 2 arguments, but got 1/],
  ["container.spawn(Battery, { id: 'a' });", /Property 'args' is missing/],
  ["container.spawn(Battery, { id: 'a', args: ['5'] });", /Type 'string' is not assignable to type 'number'/],
  ["void platform.spawn(Battery, { id: 'a', args: [5] });", undefined],
  ["void platform.spawn('Battery', { id: 'a', args: [5] });", undefined],
  ["void platform.spawn(Battery, { id: 'a' });", /Property 'args' is missing/],
  ["void battery.offer(3).then((kw: number) => kw);", undefined],
  ["void battery.offer('3');", /'string' is not assignable to parameter of type 'number'/],
  ["void battery.kwh;", /Property 'kwh' does not exist/],
  ["void loose.offer(3);", /Property 'offer' does not exist on type .*write `as const` behind the list `exposed`/],
  ["void unknown.anything(3);", undefined],
  ["agentModel(Battery, { method: 'measure', inputs: { p_kw: 'one', vm_pu: 'one' } });", undefined],
  [
    "agentModel(Battery, { method: 'mesure', inputs: { p_kw: 'one', vm_pu: 'one' } });",
    /'"mesure"' is not assignable to type '"measure"/,
  ],
  ["agentModel(Spare, { params: ['kw'] });", undefined],
  ["agentModel(Spare, { params: ['kv'] });", /'"kv"' is not assignable to type '"kw"'/],
  ["agentModel(Plain, { params: ['kw'] });", /not assignable to type 'never'/],
  [
    "class A extends Agent { f() { return this.gather(this.neighbours<typeof Battery>(), 'ofer', [3], { within: 1 }); } }",
    /'"ofer"' is not assignable to parameter of type '"offer"'|No overload matches/,
  ],
  [
    "class B extends Agent { f() { return this.gather(this.neighbours<typeof Battery>(), 'offer', ['3'], { within: 1 }); } }",
    /No overload matches|not assignable to type 'number'/,
  ],
  ["class C extends Agent { f() { return this.gather<number>(['b'], 'offer', [3], { within: 1 }); } }", undefined],
  ["container.spawn(Plain, { neighbours: ['a'] });", undefined],
  ["platform.spawn(Spare, { id: 'a', neighbours: ['b'] });", undefined],
  ["agentModel(Battery, { outputs: ['p_kv'] });", /'"p_kv"' is not assignable to type '"p_kw"'/],
];

describe("what the compiler says to a user", () => {
  const said = messages(CASES.map(([code]) => code));
  it.each(CASES.map(([code, message], i) => [code, message, said[i]!] as const))("%s", (_code, message, told) => {
    if (message === undefined) expect(told).toEqual([]);
    else expect(told.join("\n")).toMatch(message);
  });
});
