import type { FunctionComponent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Banner, Bar, Note } from "./bar.tsx";
import { Help } from "./help.tsx";
import { useRun, useUrl } from "./hooks.ts";
import { Scrubber } from "./scrubber.tsx";
import { back, forward, jump, toggle } from "./steer.ts";
import { Notice } from "./ui.tsx";
import { go, hrefTo, param, VIEWS, type ViewName, viewName } from "./url.ts";
import { AgentsView } from "./views/agents.tsx";
import { ClockView } from "./views/clock.tsx";
import { LanesView } from "./views/lanes.tsx";
import { LogView } from "./views/log.tsx";
import { SeriesView } from "./views/series.tsx";
import { TopologyView } from "./views/topology.tsx";

const SHOWN: Record<ViewName, readonly [title: string, mark: string, view: FunctionComponent]> = {
  clock: ["Clock", "◷", ClockView],
  agents: ["Agents", "◍", AgentsView],
  lanes: ["Lanes", "⇄", LanesView],
  series: ["Series", "∿", SeriesView],
  topology: ["Topology", "⌘", TopologyView],
  log: ["Log", "≡", LogView],
};

/** The page. */
export function App() {
  useUrl();
  const { info, frame, link } = useRun();
  const [help, setHelp] = useState(false);
  const main = useRef<HTMLElement>(null);
  useKeys(() => setHelp(true));
  const view = viewName();
  const View = SHOWN[view][2];
  const show = (name: ViewName) => {
    go({ view: name, agent: undefined }, true);
    main.current?.focus({ preventScroll: true });
  };
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        To the content
      </a>
      <Bar onHelp={() => setHelp(true)} />
      <nav class="rail" aria-label="Views">
        {VIEWS.map((name, i) => (
          <a
            key={name}
            href={hrefTo({ view: name, agent: undefined })}
            aria-current={name === view ? "page" : undefined}
            onClick={(event) => {
              event.preventDefault();
              show(name);
            }}
          >
            <span class="mark" aria-hidden="true">
              {SHOWN[name][1]}
            </span>
            {SHOWN[name][0]}
            <kbd aria-hidden="true">{i + 1}</kbd>
          </a>
        ))}
        <Note />
      </nav>
      <main id="main" ref={main} tabIndex={-1} data-view={view}>
        <Banner />
        {link === "refused" ? (
          <Notice title="This page was not let in" tone="bad">
            The address has no token, or an old one: open the address that the run has printed, with all that stands
            after #.
          </Notice>
        ) : info === undefined || frame === undefined ? (
          <Notice title="Connecting …">The run has not answered yet.</Notice>
        ) : (
          <View key={`${view}${param("agent")}`} />
        )}
      </main>
      <Scrubber />
      <Help open={help} onClose={() => setHelp(false)} />
    </>
  );
}

/** Keys that work everywhere, except where one types. */
function useKeys(onHelp: () => void): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      const types = target.matches("input, textarea, select");
      if (event.key === "Escape" && types) return target.blur();
      if (types || (event.key === " " && target.matches("button, summary"))) return;
      const view = VIEWS[Number(event.key) - 1];
      if (view !== undefined) go({ view, agent: undefined }, true);
      else if (event.key === " ") toggle();
      else if (event.key === "ArrowRight") event.shiftKey ? jump(0.05) : void forward();
      else if (event.key === "ArrowLeft") event.shiftKey ? jump(-0.05) : void back();
      else if (event.key === "/") document.querySelector<HTMLInputElement>("[data-search]")?.focus();
      else if (event.key === "?") onHelp();
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [onHelp]);
}
