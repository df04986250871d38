// Permissions to pick from. What one does not hold oneself cannot be given, and says so.
import { t } from "@lingui/core/macro";
import { permissionName } from "../api/names";
import type { Permission, S } from "../api/words";
import { useSession } from "../session/session";

export function PermissionPicker({
  legend,
  offered,
  picked,
  onPick,
}: {
  legend: string;
  offered: S["PermissionView"][];
  picked: Permission[];
  onPick: (picked: Permission[]) => void;
}) {
  const { may } = useSession();
  return (
    <fieldset className="settings-picker">
      <legend className="field-label">{legend}</legend>
      {offered.map((each) => {
        const on = picked.includes(each.name);
        const mine = may(each.name);
        return (
          <label key={each.name}>
            <input
              type="checkbox"
              checked={on}
              disabled={!mine}
              onChange={() =>
                onPick(on ? picked.filter((one) => one !== each.name) : [...picked, each.name])
              }
            />
            <span>
              {permissionName(each.name)}
              <span className="muted small">
                {each.means}
                {!mine && t` You do not hold it, so you cannot give it.`}
              </span>
            </span>
          </label>
        );
      })}
    </fieldset>
  );
}
