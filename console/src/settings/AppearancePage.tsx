import { useKept } from "../parts/store";
import { useTitle } from "../parts/title";
import { DENSITIES, density, THEMES, theme } from "../shell/theme";
import "./appearance.css";

const THEME_WORDS = {
  system: ["As the system", "Follows what this machine is set to"],
  light: ["Light", "Dark on light, always"],
  dark: ["Dark", "Light on dark, always"],
} as const;

const DENSITY_WORDS = {
  comfortable: ["Comfortable", "Room to breathe"],
  compact: ["Compact", "More rows on a screen"],
} as const;

interface ChoiceProps<T extends string> {
  name: string;
  label: string;
  options: readonly T[];
  words: Record<T, readonly [string, string]>;
  value: T;
  onChange: (value: T) => void;
}

function Choice<T extends string>(props: ChoiceProps<T>) {
  return (
    <fieldset className="choice">
      <legend className="field-label">{props.label}</legend>
      {props.options.map((option) => (
        <label key={option} className="choice-option card">
          <input
            type="radio"
            name={props.name}
            checked={props.value === option}
            onChange={() => props.onChange(option)}
          />
          <span>
            <strong>{props.words[option][0]}</strong>
            <span className="muted small">{props.words[option][1]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** How the console looks in this browser. */
export function AppearancePage() {
  useTitle("Appearance");
  return (
    <div className="stack">
      <p className="muted">Kept in this browser; other people and other machines have their own.</p>
      <Choice
        name="theme"
        label="Colours"
        options={THEMES}
        words={THEME_WORDS}
        value={useKept(theme)}
        onChange={theme.set}
      />
      <Choice
        name="density"
        label="Density"
        options={DENSITIES}
        words={DENSITY_WORDS}
        value={useKept(density)}
        onChange={density.set}
      />
    </div>
  );
}
