// The knowledge pages share a heading and the way from one to the next.
import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { useEffect } from "react";
import { refreshKnowledge } from "./queries";
import { onDocumentsAdded } from "./uploads";
import "./knowledge.css";

const PLACES = [
  { to: "/knowledge", label: "Documents" },
  { to: "/knowledge/sources", label: "Sources" },
  { to: "/knowledge/search", label: "Try it" },
  { to: "/knowledge/gaps", label: "Gaps" },
  { to: "/knowledge/recall", label: "Recall" },
  { to: "/knowledge/templates", label: "Templates" },
] as const;

export function KnowledgeFrame() {
  const client = useQueryClient();
  useEffect(() => onDocumentsAdded(() => void refreshKnowledge(client)), [client]);
  return (
    <div className="page">
      <header className="page-head">
        <h1>Knowledge</h1>
      </header>
      <nav aria-label="Knowledge" className="tabs">
        {PLACES.map((place) => (
          <Link
            key={place.to}
            to={place.to}
            className="tab"
            activeOptions={{ exact: true, includeSearch: false }}
          >
            {place.label}
          </Link>
        ))}
      </nav>
      <Outlet />
    </div>
  );
}
