// The few icons of the console, drawn on a 16-pixel grid in the colour of their text.
const PATHS = {
  home: "M2.5 7.5 8 3l5.5 4.5M4 6.5V13h8V6.5",
  check: "M3 8.5l3 3L13 4.5M3 14h10",
  inbox: "M2.5 9.5 4.5 3h7l2 6.5V13h-11zM2.5 9.5h3.2l.8 1.6h3l.8-1.6h3.2",
  play: "M5 3.5v9l7-4.5z",
  book: "M3 3.2c2 0 3.7.3 5 1.3 1.3-1 3-1.3 5-1.3v9c-2 0-3.7.3-5 1.3-1.3-1-3-1.3-5-1.3zM8 4.5v9",
  wrench:
    "M10.5 2.6a3.3 3.3 0 0 0-3.9 4.3L2.8 10.7a1.7 1.7 0 1 0 2.4 2.4l3.8-3.8a3.3 3.3 0 0 0 4.3-3.9l-2 2-2-.7-.7-2z",
  spark: "M8 2v3.5M8 10.5V14M2 8h3.5M10.5 8H14M4 4l2 2M10 10l2 2M12 4l-2 2M6 10l-2 2",
  chat: "M2.5 3.5h11v7.5H8l-3.5 2.7V11h-2z",
  sun: "M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6M8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1",
  moon: "M13 9.6A5.5 5.5 0 0 1 6.4 3a5.5 5.5 0 1 0 6.6 6.6z",
  contrast: "M8 2.5a5.5 5.5 0 1 1 0 11zM8 2.5a5.5 5.5 0 0 0 0 11",
  keyboard: "M1.5 4.5h13v7.5h-13zM4 7h.01M6.5 7h.01M9 7h.01M11.5 7h.01M5 9.7h6",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  lock: "M4 7.2h8V13H4zM5.7 7V5.2a2.3 2.3 0 0 1 4.6 0V7",
  clock: "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11M8 5v3l2 1.5",
  person: "M8 3a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5M3 13.5c.5-2.5 2.5-3.8 5-3.8s4.5 1.3 5 3.8",
  mail: "M2 4h12v8.5H2zM2 4.5l6 4.5 6-4.5",
  code: "M5.5 4.5 2 8l3.5 3.5M10.5 4.5 14 8l-3.5 3.5",
  flag: "M4 14V2.5M4 3h8l-1.5 2.7L12 8.5H4",
  warn: "M8 2.5 14.5 13.5h-13zM8 6.5v3.5M8 11.8h.01",
  scales: "M8 2.5v11M4.5 13.5h7M3 4.5h10M3 4.5 1.2 9h3.6zM13 4.5 11.2 9h3.6z",
  sliders: "M3 4.5h6M12 4.5h1M3 8h2M8 8h5M3 11.5h5M11 11.5h2M10.5 3v3M6.5 6.5v3M9.5 10v3",
  eye: "M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8M8 6.3a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.4 10.4 14 14",
  hand: "M4.5 8.5V4.5a1 1 0 0 1 2 0V7m0-.5v-3a1 1 0 0 1 2 0V7m0-3a1 1 0 0 1 2 0v3.5m0-1.5a1 1 0 0 1 2 0v4c0 2-1.5 4-4 4-2 0-3-.7-4-2.5L3 9.2a1 1 0 0 1 1.5-1z",
} as const;

export type IconName = keyof typeof PATHS;

/** A path drawn like them, for signs that one place alone needs. */
export function Drawing({ path, label }: { path: string; label?: string }) {
  return (
    <svg
      className="icon"
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      role={label ? "img" : undefined}
      aria-label={label}
      aria-hidden={label ? undefined : true}
    >
      <path d={path} />
    </svg>
  );
}

export function Icon({ name, label }: { name: IconName; label?: string }) {
  return <Drawing path={PATHS[name]} label={label} />;
}
