import { t } from "@lingui/core/macro";

/** The configuration's key that decides something, where no page can change it. */
export function Key({ name }: { name: string }) {
  return (
    <span className="mono small settings-key" translate="no" title={t`Set in the configuration`}>
      {name}
    </span>
  );
}
