// The frame around every staff page: navigation, live stream, offline bar, keyboard.
import { Dialog } from "@base-ui/react/dialog";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { api, send } from "../api/client";
import { countsQuery } from "../approvals/queries";
import { KeyboardHelp } from "../keys/KeyboardHelp";
import { MOD, useShortcuts } from "../keys/shortcuts";
import { useLink, useLive } from "../live/live";
import { type Command, recents } from "../palette/commands";
import { Button } from "../parts/Button";
import { Loading } from "../parts/states";
import { Toasts, tell } from "../parts/toasts";
import { StoppedBar } from "../safety/StoppedBar";
import { signInOptionsQuery, useSession } from "../session/session";
import { initials, words } from "../text/format";
import { StaleBar } from "../version/StaleBar";
import { AllowedOutlet, useMaySee } from "./access";
import { Icon, type IconName } from "./Icon";
import { DENSITIES, density, THEMES, theme, useTheme } from "./theme";
import { WorkspaceSwitch } from "./WorkspaceSwitch";
import "./shell.css";

const Palette = lazy(() => import("../palette/Palette"));

const PLACES = [
  { to: "/", label: "Home", icon: "home", keys: "g h" },
  { to: "/approvals", label: "Approvals", icon: "check", keys: "g a" },
  { to: "/tickets", label: "Tickets", icon: "inbox", keys: "g t" },
  { to: "/customers", label: "Customers", icon: "person", keys: "g c" },
  { to: "/runs", label: "Runs", icon: "play", keys: "g r" },
  { to: "/knowledge", label: "Knowledge", icon: "book", keys: "g k" },
  { to: "/tools", label: "Tools", icon: "wrench", keys: "g o" },
  { to: "/agents", label: "Agents", icon: "spark", keys: "g e" },
  { to: "/policy", label: "Policy", icon: "scales", keys: "g p" },
  { to: "/safety", label: "Safety", icon: "lock", keys: "g s" },
  { to: "/settings", label: "Settings", icon: "sliders", keys: "g i" },
] as const satisfies readonly { to: string; label: string; icon: IconName; keys: string }[];

/** Pages below those, which the palette goes to as well. */
const PARTS: Command[] = [
  { label: "Knowledge · Sources", icon: "book", act: "/knowledge/sources" },
  { label: "Knowledge · Try it", also: "search ask", icon: "book", act: "/knowledge/search" },
  { label: "Knowledge · Gaps", icon: "book", act: "/knowledge/gaps" },
  { label: "Knowledge · Recall", icon: "book", act: "/knowledge/recall" },
  { label: "Knowledge · Templates", icon: "book", act: "/knowledge/templates" },
  { label: "Safety · Limits", also: "credits budgets spend", icon: "lock", act: "/safety/limits" },
  { label: "Safety · Audit", icon: "lock", act: "/safety/audit" },
  { label: "Safety · Personal data", icon: "lock", act: "/safety/personal-data" },
  {
    label: "Appearance",
    also: "settings theme density",
    icon: "contrast",
    act: "/settings/appearance",
  },
].map((part) => ({ ...part, id: `page:${part.act}` }) as Command);

const GO: Command[] = [
  ...PLACES.map((place) => ({
    id: `page:${place.to}`,
    label: place.label,
    icon: place.icon,
    keys: place.keys,
    act: place.to,
  })),
  ...PARTS,
];

const NEW: Command[] = [
  {
    id: "new:document",
    label: "New document",
    also: "write article knowledge",
    icon: "book",
    act: "/knowledge?new=write",
  },
  {
    id: "new:files",
    label: "Upload files",
    also: "new documents knowledge",
    icon: "book",
    act: "/knowledge?new=upload",
  },
];

/** How many approvals wait, `99+` beyond what one page holds. */
function useWaiting(): string | undefined {
  const enabled = useSession().may("read_approvals");
  const waiting = useQuery({ ...countsQuery, enabled }).data?.waiting ?? 0;
  if (waiting === 0) return undefined;
  return waiting > 99 ? "99+" : String(waiting);
}

/** Whether the machine itself has no network, which it knows before any stream does. */
function useOffline(): boolean {
  const [offline, setOffline] = useState(() => !navigator.onLine);
  useEffect(() => {
    const update = () => setOffline(!navigator.onLine);
    addEventListener("online", update);
    addEventListener("offline", update);
    return () => {
      removeEventListener("online", update);
      removeEventListener("offline", update);
    };
  }, []);
  return offline;
}

function OfflineBar() {
  const link = useLink();
  const offline = useOffline();
  const lost = offline || link === "lost";
  return (
    <div role="status" className="offline-bar" data-shown={lost}>
      {lost && "No connection to the service. What you see may be out of date; reconnecting…"}
    </div>
  );
}

function useSignOut() {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: () => send(api.DELETE("/v1/session")),
    onSuccess: async () => {
      // They name tickets and people.
      recents.set([]);
      await navigate({ to: "/sign-in" });
      // All but what the page in front asks for already: the ways to sign in.
      const [waysIn] = signInOptionsQuery.queryKey;
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== waysIn });
    },
    onError: (error) => tell("Signing out failed", "error", error.message),
  });
}

interface NavigationProps {
  onGo?: () => void;
  onSearch: () => void;
  onHelp: () => void;
}

function Navigation({ onGo, onSearch, onHelp }: NavigationProps) {
  const session = useSession();
  const waiting = useWaiting();
  const [theme, nextTheme] = useTheme();
  const signOut = useSignOut();
  const maySee = useMaySee();

  return (
    <>
      <div className="nav-workspace">
        <img src="/favicon.svg" alt="" width="24" height="24" />
        <WorkspaceSwitch />
      </div>
      <button type="button" className="nav-search" onClick={onSearch}>
        <Icon name="search" />
        <span className="grow">Search</span>
        <span className="muted small" aria-hidden="true">
          {MOD} K
        </span>
      </button>
      <nav aria-label="Main">
        <ul className="nav-places">
          {PLACES.filter((place) => maySee(place.to)).map((place) => (
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
        <Link to="/settings/account" className="nav-user" onClick={onGo}>
          <span className="avatar" aria-hidden="true">
            {initials(session.name)}
          </span>
          <span className="grow">
            <span className="truncate nav-name">{session.name}</span>
            <span className="truncate muted small nav-name">
              {words(session.role ?? "api_key")}
            </span>
          </span>
          <span className="sr-only">, settings</span>
        </Link>
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
          <Button
            tone="quiet"
            size="small"
            onClick={onHelp}
            aria-label="Keyboard map"
            title="Keyboard map (?)"
          >
            <Icon name="keyboard" />
          </Button>
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
  const [help, setHelp] = useState(false);
  const [palette, setPalette] = useState<boolean>();
  const search = () => {
    setMenu(false);
    setPalette(true);
  };
  const signOut = useSignOut();
  const mayWrite = useSession().may("publish_knowledge");
  const maySee = useMaySee();
  const actions: Command[] = [
    ...(mayWrite ? NEW : []),
    ...THEMES.map(
      (each): Command => ({
        id: `theme:${each}`,
        label: `Theme: ${each}`,
        also: "colours appearance mode",
        icon: each === "dark" ? "moon" : each === "light" ? "sun" : "contrast",
        act: () => theme.set(each),
      }),
    ),
    ...DENSITIES.map(
      (each): Command => ({
        id: `density:${each}`,
        label: `Density: ${each}`,
        also: "appearance rows",
        icon: "menu",
        act: () => density.set(each),
      }),
    ),
    {
      id: "keys",
      label: "Keyboard map",
      also: "shortcuts help",
      icon: "keyboard",
      keys: "?",
      act: () => setHelp(true),
    },
    {
      id: "chat",
      label: "Customer chat, in a new tab",
      icon: "chat",
      act: () => void open("/chat", "_blank", "noopener"),
    },
    {
      id: "help-centre",
      label: "Help centre, in a new tab",
      also: "articles customers",
      icon: "book",
      act: () => void open("/help", "_blank", "noopener"),
    },
    { id: "sign-out", label: "Sign out", icon: "person", act: () => signOut.mutate() },
  ];
  const go = GO.filter(({ act }) => typeof act !== "string" || maySee(act));
  useShortcuts("Everywhere", [
    { keys: "mod+k", label: "Search and commands", run: search },
    { keys: "?", label: "This keyboard map", run: () => setHelp(true) },
  ]);
  useShortcuts(
    "Go to",
    PLACES.map((place) => ({
      keys: place.keys,
      label: place.label,
      when: maySee(place.to),
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
                <Navigation
                  onGo={() => setMenu(false)}
                  onSearch={search}
                  onHelp={() => {
                    setMenu(false);
                    setHelp(true);
                  }}
                />
              </Dialog.Popup>
            </Dialog.Portal>
          </Dialog.Root>
          <Link to="/" className="topbar-name">
            Countersign
          </Link>
        </header>
      ) : (
        <div className="sidebar">
          <Navigation onSearch={search} onHelp={() => setHelp(true)} />
        </div>
      )}
      <div className="shell-body">
        <OfflineBar />
        <StaleBar />
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
            <AllowedOutlet />
          </Suspense>
        </main>
      </div>
      <KeyboardHelp open={help} setOpen={setHelp} />
      {palette !== undefined && (
        <Suspense fallback={null}>
          <Palette open={palette} onClose={() => setPalette(false)} places={go} actions={actions} />
        </Suspense>
      )}
      <Toasts />
    </div>
  );
}
