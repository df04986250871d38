/** Which cases of an evaluation are shown. */
export const SHOWN = ["changed", "failed", "critical", "passed", "all"] as const;
export type Shown = (typeof SHOWN)[number];
