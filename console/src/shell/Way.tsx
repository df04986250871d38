// A link to a page that may not be theirs who reads: without the right to it, its words lead nowhere.
import { createLink } from "@tanstack/react-router";
import type { ComponentProps } from "react";
import { useMaySee } from "./access";

interface AnchorProps extends ComponentProps<"a"> {
  /** It says nothing but where it leads, and is left out for who may not go there. */
  only?: boolean;
}

function Anchor({ href = "", only = false, ...rest }: AnchorProps) {
  const maySee = useMaySee();
  if (maySee(new URL(href, location.origin).pathname)) return <a href={href} {...rest} />;
  return only ? null : <span className={rest.className}>{rest.children}</span>;
}

export const Way = createLink(Anchor);
