// The frame around every staff page: navigation, live stream, offline bar, keyboard.
import { Dialog } from "@base-ui/react/dialog";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { Suspense, useEffect, useRef, useState } from "react";
import { api, send } from "../api/client";
import { approvalsQuery } from "../approvals/queries";
import { KeyboardHelp } from "../keys/KeyboardHelp";
import { useShortcuts } from "../keys/shortcuts";
import { useLink, useLive } from "../live/live";
import { Button } from "../parts/Button";
import { Loading } from "../parts/states";
import { Toasts, tell } from "../parts/toasts";
import { StoppedBar } from "../safety/StoppedBar";
import { useSession } from "../session/session";
import { initials, words } from "../text/format";
import { Icon, type IconName } from "./Icon";
import { useTheme } from "./theme";
import "./shell.css";

const PLACES = [
  { to: "/", label: "Home", icon: "home", keys: "g h" },
  { to: "/approvals", label: "Approvals", icon: "check", keys: "g a" },
  { to: "/tickets", label: "Tickets", icon: "inbox", keys: "g t" },
  { to: "/runs", label: "Runs", icon: "play", keys: "g r" },
  { to: "/knowledge", label: "Knowledge", icon: "book", keys: "g k" },
  { to: "/tools", label: "Tools", icon: "wrench", keys: "g o" },
  { to: "/agents", label: "Agents", icon: "spark", keys: "g e" },
  { to: "/policy", label: "Policy", icon: "scales", keys: "g p" },
  { to: "/safety", label: "Safety", icon: "lock", keys: "g s" },
] as const satisfies readonly { to: string; label: string; icon: IconName; keys: string }[];

/** How many approvals wait, `99+` beyond what one page holds. */
function useWaiting(): string | undefined {
  const { data } = useInfiniteQuery(approvalsQuery("pending"));
  const first = data?.pages[0];
  if (!first || first.items.length === 0) return undefined;
  return first.next_cursor ? `${first.items.length}+` : String(first.items.length);
}

function OfflineBar() {
  const link = useLink();
  return (
    <div role="status" className="offline-bar" data-shown={link === "lost"}>
      {link === "lost" &&
        "No connection to the service. What you see may be out of date; reconnecting…"}
    </div>
  );
}

function Navigation({ onGo }: { onGo?: () => void }) {
  const session = useSession();
  const waiting = useWaiting();
  const [theme, nextTheme] = useTheme();
  const client = useQueryClient();
  const navigate = useNavigate();
  const signOut = useMutation({
    mutationFn: () => send(api.DELETE("/v1/session")),
    onSuccess: async () => {
      await navigate({ to: "/sign-in" });
      client.clear();
    },
    onError: (error) => tell("Signing out failed", "error", error.message),
  });

  return (
    <>
      <div className="nav-workspace">
        <img src="/favicon.svg" alt="" width="24" height="24" />
        <span className="truncate">{session.workspace.name}</span>
      </div>
      <nav aria-label="Main">
        <ul className="nav-places">
          {PLACES.map((place) => (
            <li key={place.to}>
              <Link
                to={place.to}
                className="nav-place"
                activeOptions={{ exact: place.to === "/", includeSearch: false }}
                onClick={onGo}
              >
                <Icon name={place.icon} />
                <span>{place.label}</span>
                {place.to === "/approvals" && waiting && (
                  <span className="nav-count">
                    {waiting}
                    <span className="sr-only"> waiting</span>
                  </span>
                )}
              </Link>
            </li>
          ))}
          <li>
            <a className="nav-place" href="/chat" target="_blank" rel="noreferrer">
              <Icon name="chat" />
              <span>Customer chat</span>
              <span className="nav-away" aria-hidden="true">
                ↗
              </span>
              <span className="sr-only">, opens in a new tab</span>
            </a>
          </li>
        </ul>
      </nav>
      <div className="nav-foot">
        <div className="nav-user">
          <span className="avatar" aria-hidden="true">
            {initials(session.name)}
          </span>
          <span className="grow">
            <span className="truncate nav-name">{session.name}</span>
            <span className="truncate muted small nav-name">{words(session.role)}</span>
          </span>
        </div>
        <div className="nav-tools">
          <Button
            tone="quiet"
            size="small"
            onClick={nextTheme}
            aria-label={`Theme: ${theme}. Change`}
            title={`Theme: ${theme}`}
          >
            <Icon name={theme === "dark" ? "moon" : theme === "light" ? "sun" : "contrast"} />
          </Button>
          <KeyboardHelp
            button={(open) => (
              <Button
                tone="quiet"
                size="small"
                onClick={open}
                aria-label="Keyboard map"
                title="Keyboard map (?)"
              >
                <Icon name="keyboard" />
              </Button>
            )}
          />
          <Button
            tone="quiet"
            size="small"
            busy={signOut.isPending}
            onClick={() => signOut.mutate()}
          >
            Sign out
          </Button>
        </div>
      </div>
    </>
  );
}

function useNarrow(): boolean {
  const query = "(max-width: 860px)";
  const [narrow, setNarrow] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const update = () => setNarrow(list.matches);
    list.addEventListener("change", update);
    return () => list.removeEventListener("change", update);
  }, []);
  return narrow;
}

/** Moves focus to the page when it changes, so that keyboards and screen readers start there. */
function usePageFocus() {
  const main = useRef<HTMLElement>(null);
  const section = useRouterState({ select: (state) => state.location.pathname.split("/")[1] });
  const before = useRef(section);
  useEffect(() => {
    if (before.current === section) return;
    before.current = section;
    if (!main.current) return;
    // Being moved here is no reason for a ring around the page; coming here by Tab is.
    main.current.dataset.quiet = "";
    main.current.focus({ preventScroll: true });
  }, [section]);
  return main;
}

export function Shell() {
  useLive(useQueryClient());
  const navigate = useNavigate();
  const narrow = useNarrow();
  const main = usePageFocus();
  const [menu, setMenu] = useState(false);
  useShortcuts(
    "Go to",
    PLACES.map((place) => ({
      keys: place.keys,
      label: place.label,
      run: () => void navigate({ to: place.to }),
    })),
  );
  useEffect(() => {
    if (!narrow) setMenu(false);
  }, [narrow]);

  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      {narrow ? (
        <header className="topbar">
          <Dialog.Root open={menu} onOpenChange={setMenu}>
            <Dialog.Trigger className="button" data-tone="quiet" aria-label="Menu">
              <Icon name="menu" />
            </Dialog.Trigger>
            <Dialog.Portal keepMounted>
              <Dialog.Backdrop className="dialog-backdrop" />
              <Dialog.Popup className="drawer">
                <Dialog.Title className="sr-only">Menu</Dialog.Title>
                <Navigation onGo={() => setMenu(false)} />
              </Dialog.Popup>
            </Dialog.Portal>
          </Dialog.Root>
          <Link to="/" className="topbar-name">
            Countersign
          </Link>
        </header>
      ) : (
        <div className="sidebar">
          <Navigation />
        </div>
      )}
      <div className="shell-body">
        <OfflineBar />
        <StoppedBar />
        <main
          id="main"
          ref={main}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and a page may hold nothing else to focus
          tabIndex={0}
          onBlur={(event) => {
            delete event.currentTarget.dataset.quiet;
          }}
        >
          <Suspense fallback={<Loading />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      <Toasts />
    </div>
  );
}
