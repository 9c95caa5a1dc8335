/** Parts of a TypeScript text, by what they are, for an editor that colours them as the blocks around it. */
export interface Part {
  readonly text: string;
  /** Class of the part; empty for plain text. */
  readonly what: "" | "comment" | "string" | "number" | "keyword" | "call";
}

const KEYWORDS =
  "abstract|as|async|await|break|case|catch|class|const|continue|default|delete|do|else|export|extends|false|finally|for|from|function|get|if|implements|import|in|instanceof|interface|let|new|null|of|override|private|protected|public|readonly|return|satisfies|set|static|super|switch|this|throw|true|try|type|typeof|undefined|var|void|while|yield";

const TOKENS = new RegExp(
  [
    "(?<comment>//[^\\n]*|/\\*[\\s\\S]*?(?:\\*/|$))",
    "(?<string>\"(?:\\\\.|[^\"\\\\\\n])*\"?|'(?:\\\\.|[^'\\\\\\n])*'?|`(?:\\\\[\\s\\S]|[^`\\\\])*`?)",
    "(?<number>\\b\\d[\\w.]*)",
    `(?<keyword>\\b(?:${KEYWORDS})\\b)`,
    "(?<call>[\\w$#]+(?=\\())",
  ].join("|"),
  "g",
);

/** All of `text`, in its order. */
export function parts(text: string): Part[] {
  const found: Part[] = [];
  let at = 0;
  for (const match of text.matchAll(TOKENS)) {
    if (match.index > at) found.push({ text: text.slice(at, match.index), what: "" });
    const [what] = Object.entries(match.groups!).find(([, part]) => part !== undefined)!;
    found.push({ text: match[0], what: what as Part["what"] });
    at = match.index + match[0].length;
  }
  if (at < text.length) found.push({ text: text.slice(at), what: "" });
  return found;
}
