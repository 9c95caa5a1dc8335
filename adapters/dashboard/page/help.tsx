import { useEffect, useRef } from "preact/hooks";
import { useRun } from "./hooks.ts";

const KEYS = [
  ["space", "run or pause; play or stop a recording"],
  ["→", "one step; of a recording the next time"],
  ["←", "of a recording the time before"],
  ["shift ← →", "of a recording a twentieth back or on"],
  ["1 … 6", "the views"],
  ["↑ ↓ enter", "in the lanes from message to message; choose one"],
  ["/", "search in this view"],
  ["esc", "leave a field, close this"],
  ["?", "this help"],
] as const;

/** Keys, and what the words mean. */
export function Help({ open, onClose }: { open: boolean; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { info } = useRun();
  useEffect(() => {
    if (open && dialog.current?.open === false) dialog.current.showModal();
  }, [open]);
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="help-title">
      <form method="dialog">
        <h1 id="help-title">Keys</h1>
        <dl class="keys">
          {KEYS.map(([key, text]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
        <p class="muted">
          Looking never changes a run: its trace hash is the same with this page and without. Pause holds the run
          between two steps. {info?.note}
        </p>
        <p class="muted">
          The address of this page holds what you look at: view, filters, time. Whoever has it with its token can look,
          too.
        </p>
        <button class="main" type="submit">
          Close
        </button>
      </form>
    </dialog>
  );
}
