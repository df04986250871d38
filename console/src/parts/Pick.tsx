// What narrows a list: one of a few, or none of them. What is picked stands in the page's address.

interface Props<T extends string> {
  label: string;
  /** What it is called when nothing is picked. */
  any: string;
  value: T | undefined;
  options: readonly (readonly [T, string])[];
  onPick: (value: T | undefined) => void;
}

export function Pick<T extends string>({ label, any, value, options, onPick }: Props<T>) {
  // Nothing to choose between; but a filter that is set can always be seen and taken back.
  if (options.length < 2 && value === undefined) return null;
  const known = value === undefined || options.some(([each]) => each === value);
  return (
    <label>
      <span className="sr-only">{label}</span>
      <select
        className="select"
        data-on={value !== undefined}
        value={value ?? ""}
        onChange={(event) => onPick(options.find(([each]) => each === event.target.value)?.[0])}
      >
        <option value="">{any}</option>
        {!known && <option value={value}>{value}</option>}
        {options.map(([each, name]) => (
          <option key={each} value={each}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
