import "./bar.css";

/** A share from 0 to 1 as a coloured bar. */
export function Bar({ share, label }: { share: number; label: string }) {
  const value = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
  const tone = value >= 0.75 ? "green" : value >= 0.45 ? "amber" : "red";
  return (
    <div
      className="bar"
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(value * 100)}
    >
      <span data-tone={tone} style={{ width: `${value * 100}%` }} />
    </div>
  );
}
