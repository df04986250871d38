import { useId } from "react";
import "./segmented.css";

interface Props<T extends string> {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onPick: (value: T) => void;
}

/** One of a few, all in sight: radio buttons that look like one control. */
export function Segmented<T extends string>({ label, value, options, onPick }: Props<T>) {
  const name = useId();
  return (
    <fieldset className="segmented">
      <legend className="sr-only">{label}</legend>
      {options.map(([each, text]) => (
        <label key={each} data-on={each === value}>
          <input
            type="radio"
            className="sr-only"
            name={name}
            checked={each === value}
            onChange={() => onPick(each)}
          />
          {text}
        </label>
      ))}
    </fieldset>
  );
}
