/** The site of `docs/`: `npm run docs` builds it into `docs/.vitepress/dist`, `npm run docs:dev` shows it while one writes. */
import { fileURLToPath } from "node:url";
import { type DefaultTheme, defineConfig, type MarkdownRenderer } from "vitepress";
import { bundleRunner } from "../../esbuild.browser.mjs";
import { apiSidebar } from "./api.ts";
import { githubAnchor, repositoryLinks } from "./links.ts";
import { runnableBlocks } from "./run/markdown.ts";
import { scenarioPages } from "./scenarios.ts";

const api = apiSidebar();
const scenarios = scenarioPages();
// What the Run buttons load; files of the site like pictures, so that they are as they were built and measured.
await bundleRunner(fileURLToPath(new URL("../public/run", import.meta.url)));

function markdownRules(markdown: MarkdownRenderer): void {
  repositoryLinks(markdown);
  runnableBlocks(markdown);
}

const guide: DefaultTheme.SidebarItem[] = [
  {
    text: "Begin",
    items: [
      { text: "First steps", link: "/guide/first-steps" },
      { text: "Agents at work", link: "/guide/agents" },
    ],
  },
  {
    text: "Couple",
    items: [
      { text: "Under mosaik", link: "/guide/mosaik" },
      { text: "Under HELICS", link: "/guide/helics" },
      { text: "Writing an adapter", link: "/guide/adapters" },
    ],
  },
  {
    text: "Run",
    items: [
      { text: "Determinism", link: "/guide/determinism" },
      { text: "Observe, record, replay", link: "/guide/observing" },
      { text: "Results in pandas", link: "/guide/pandas" },
      { text: "Scaling out", link: "/guide/scaling" },
      { text: "Performance", link: "/guide/performance" },
    ],
  },
  {
    text: "Coming from",
    items: [
      { text: "aiomas", link: "/guide/from-aiomas" },
      { text: "mango", link: "/guide/from-mango" },
      { text: "mosaik in Python", link: "/guide/from-mosaik" },
    ],
  },
];

const reference: DefaultTheme.SidebarItem[] = [
  {
    text: "Agents and masters",
    items: [
      { text: "Agents among agents", link: "/agents" },
      { text: "mosaik and World", link: "/mosaik" },
      { text: "HELICS", link: "/helics" },
    ],
  },
  {
    text: "Runs",
    items: [
      { text: "Platforms", link: "/platform" },
      { text: "Recordings", link: "/recordings" },
      { text: "The page", link: "/page" },
      { text: "Errors", link: "/errors" },
      { text: "Limits", link: "/limits" },
    ],
  },
  {
    text: "Below the agents",
    items: [
      { text: "Remote calls", link: "/rpc" },
      { text: "Channels", link: "/channel" },
      { text: "Protocol", link: "/protocol" },
    ],
  },
  {
    text: "How it works",
    items: [
      { text: "Why a run repeats", link: "/determinism" },
      { text: "Design", link: "/design" },
      { text: "Performance", link: "/performance" },
    ],
  },
];

export default defineConfig({
  title: "cosimas",
  description: "Co-simulated multi-agent systems for Node.js, coupled to mosaik and HELICS, in runs that repeat",
  lang: "en",
  cleanUrls: false, // files that any server shows, also a plain one
  lastUpdated: false,
  head: [["link", { rel: "icon", href: "/logo.svg", type: "image/svg+xml" }]],
  markdown: {
    anchor: { slugify: githubAnchor },
    config: markdownRules,
    theme: { light: "github-light", dark: "github-dark" },
  },
  vite: { build: { target: "es2022" } },
  themeConfig: {
    logo: "/logo.svg",
    search: { provider: "local" },
    outline: [2, 3],
    docFooter: { prev: "Before", next: "Next" },
    externalLinkIcon: true,
    nav: [
      { text: "Guide", link: "/guide/first-steps", activeMatch: "^/guide/" },
      { text: "Scenarios", link: "/scenarios/ev-charging/", activeMatch: "^/scenarios/" },
      { text: "Reference", link: "/errors", activeMatch: "^/[a-z]+\\.html$" },
      ...(api.length === 0 ? [] : [{ text: "API", link: "/api/cosimas/", activeMatch: "^/api/" }]),
    ],
    sidebar: {
      "/guide/": guide,
      "/scenarios/": [
        { text: "Scenarios", items: scenarios.map(({ name }) => ({ text: name, link: `/scenarios/${name}/` })) },
      ],
      "/api/": api,
      "/": reference,
    },
  },
});
