// Whom one may mean while one writes an @ in a note. The text keeps the focus; this is only its list.
import { t } from "@lingui/core/macro";
import type { Colleague } from "./mentions";

interface Props {
  id: string;
  people: Colleague[];
  /** The one that Enter takes. */
  at: number;
  onPick: (person: Colleague) => void;
}

export const optionId = (id: string, index: number) => `${id}-${index}`;

export function Naming({ id, people, at, onPick }: Props) {
  return (
    <div id={id} role="listbox" aria-label={t`Colleagues`} tabIndex={-1} className="naming">
      {people.map((person, index) => (
        <div
          key={person.id}
          id={optionId(id, index)}
          role="option"
          tabIndex={-1}
          aria-selected={index === at}
          // The text must not lose the focus.
          onPointerDown={(event) => {
            event.preventDefault();
            onPick(person);
          }}
        >
          {person.name}
        </div>
      ))}
    </div>
  );
}
