/** Icons of the controls, drawn: fonts have them or not. */

const PATHS = {
  play: "M5 3.5v9l8-4.5z",
  pause: "M4.5 3.5h2.6v9H4.5zM8.9 3.5h2.6v9H8.9z",
  stop: "M4 4h8v8H4z",
  step: "M3.5 3.5v9l6.5-4.5zM11 3.5h2v9h-2z",
  back: "M12.5 3.5v9L6 8zM3 3.5h2v9H3z",
  theme: "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13zM8 3a5 5 0 0 1 0 10z",
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class="glyph" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} fill-rule="evenodd" />
    </svg>
  );
}
