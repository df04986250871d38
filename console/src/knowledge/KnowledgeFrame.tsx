// The knowledge pages share a heading and the way from one to the next.
import { msg, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { useEffect } from "react";
import { refreshKnowledge } from "./queries";
import { onDocumentsAdded } from "./uploads";
import "./knowledge.css";

const PLACES = [
  { to: "/knowledge", label: msg`Documents` },
  { to: "/knowledge/sources", label: msg`Sources` },
  { to: "/knowledge/search", label: msg`Try it` },
  { to: "/knowledge/gaps", label: msg`Gaps` },
  { to: "/knowledge/recall", label: msg`Recall` },
  { to: "/knowledge/templates", label: msg`Templates` },
] as const;

export function KnowledgeFrame() {
  const client = useQueryClient();
  useEffect(() => onDocumentsAdded(() => void refreshKnowledge(client)), [client]);
  return (
    <div className="page">
      <header className="page-head">
        <h1>
          <Trans>Knowledge</Trans>
        </h1>
      </header>
      <nav aria-label={t`Knowledge`} className="tabs">
        {PLACES.map((place) => (
          <Link
            key={place.to}
            to={place.to}
            className="tab"
            activeOptions={{ exact: true, includeSearch: false }}
          >
            {t(place.label)}
          </Link>
        ))}
      </nav>
      <Outlet />
    </div>
  );
}
