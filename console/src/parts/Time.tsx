import { ago } from "../text/format";
import { fullTime } from "../text/times";
import { useNow } from "./now";

/** `4 min ago`, with the full time for machines and on hover. */
export function Ago({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={fullTime(at)}>
      {ago(at, now)}
    </time>
  );
}
