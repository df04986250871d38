import type { MessageDescriptor } from "@lingui/core";
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { LOCALES, locale } from "../locales/speak";
import { useKept } from "../parts/store";
import { useTitle } from "../parts/title";
import { DENSITIES, DENSITY_WORDS, density, THEME_WORDS, THEMES, theme } from "../shell/theme";
import { language } from "../text/language";
import "./appearance.css";

interface ChoiceProps<T extends string> {
  name: string;
  label: string;
  options: readonly T[];
  words: Record<T, readonly [MessageDescriptor, MessageDescriptor]>;
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
            <strong>{t(props.words[option][0])}</strong>
            <span className="muted small">{t(props.words[option][1])}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** Each by the name it has in itself. */
function LanguageChoice() {
  return (
    <label className="field">
      <span className="field-label">
        <Trans>Language</Trans>
      </span>
      <select
        className="select"
        value={language()}
        onChange={(event) => {
          locale.set(event.target.value);
          // What is drawn already has been said in the language before.
          location.reload();
        }}
      >
        {LOCALES.map((each) => (
          <option key={each} value={each} lang={each}>
            {new Intl.DisplayNames(each, { type: "language" }).of(each) ?? each}
          </option>
        ))}
      </select>
    </label>
  );
}

/** How the console looks in this browser. */
export function AppearancePage() {
  useTitle(t`Appearance`);
  return (
    <div className="stack">
      <p className="muted">
        <Trans>Kept in this browser; other people and other machines have their own.</Trans>
      </p>
      <Choice
        name="theme"
        label={t`Colours`}
        options={THEMES}
        words={THEME_WORDS}
        value={useKept(theme)}
        onChange={theme.set}
      />
      <Choice
        name="density"
        label={t`Density`}
        options={DENSITIES}
        words={DENSITY_WORDS}
        value={useKept(density)}
        onChange={density.set}
      />
      {LOCALES.length > 1 && <LanguageChoice />}
    </div>
  );
}
