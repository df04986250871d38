// The frame around every staff page: navigation, live stream, offline bar, keyboard.

import { Dialog } from "@base-ui/react/dialog";
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { api, send } from "../api/client";
import { roleName } from "../api/names";
import type { Permission } from "../api/words";
import { countsQuery } from "../approvals/queries";
import { KeyboardHelp } from "../keys/KeyboardHelp";
import { MOD, useShortcuts } from "../keys/shortcuts";
import { useLink, useLive } from "../live/live";
import { type Command, recents } from "../palette/commands";
import { Button } from "../parts/Button";
import { Loading } from "../parts/states";
import { Toasts, tell } from "../parts/toasts";
import { StoppedBar } from "../safety/StoppedBar";
import { useSession } from "../session/session";
import { forget } from "../start/known";
import { initials, lowerFirst } from "../text/format";
import { StaleBar } from "../version/StaleBar";
import { AllowedOutlet, useMaySee } from "./access";
import { Icon, type IconName } from "./Icon";
import { DENSITIES, DENSITY_WORDS, density, THEME_WORDS, THEMES, theme, useTheme } from "./theme";
import { WorkspaceSwitch } from "./WorkspaceSwitch";
import "./shell.css";

const Palette = lazy(() => import("../palette/Palette"));
const CopilotPanel = lazy(() => import("../copilot/CopilotPanel"));

const PLACES = [
  { to: "/", label: msg`Home`, icon: "home", keys: "g h" },
  { to: "/approvals", label: msg`Approvals`, icon: "check", keys: "g a" },
  { to: "/tickets", label: msg`Tickets`, icon: "inbox", keys: "g t" },
  { to: "/customers", label: msg`Customers`, icon: "person", keys: "g c" },
  { to: "/runs", label: msg`Runs`, icon: "play", keys: "g r" },
  { to: "/knowledge", label: msg`Knowledge`, icon: "book", keys: "g k" },
  { to: "/tools", label: msg`Tools`, icon: "wrench", keys: "g o" },
  { to: "/agents", label: msg`Agents`, icon: "spark", keys: "g e" },
  { to: "/policy", label: msg`Policy`, icon: "scales", keys: "g p" },
  { to: "/evaluations", label: msg`Evaluations`, icon: "flag", keys: "g v" },
  { to: "/safety", label: msg`Safety`, icon: "lock", keys: "g s" },
  { to: "/settings", label: msg`Settings`, icon: "sliders", keys: "g i" },
] as const satisfies readonly {
  to: string;
  label: MessageDescriptor;
  icon: IconName;
  keys: string;
}[];

/** Pages below those, which the palette goes to as well. */
const parts = (may: (permission: Permission) => boolean): Command[] =>
  [
    { label: t`Knowledge · Sources`, icon: "book", act: "/knowledge/sources" },
    { label: t`Knowledge · Try it`, also: t`search ask`, icon: "book", act: "/knowledge/search" },
    { label: t`Knowledge · Gaps`, icon: "book", act: "/knowledge/gaps" },
    { label: t`Knowledge · Recall`, icon: "book", act: "/knowledge/recall" },
    { label: t`Knowledge · Templates`, icon: "book", act: "/knowledge/templates" },
    {
      label: t`Safety · Limits`,
      also: t`credits budgets spend`,
      icon: "lock",
      act: "/safety/limits",
    },
    {
      label: t`Safety · Autonomy`,
      also: t`confidence calibration`,
      icon: "lock",
      act: "/safety/autonomy",
    },
    // As the safety pages lead there themselves.
    ...(may("decide_approvals") || may("read_review_quality")
      ? [
          {
            label: t`Safety · Reviewing`,
            also: t`review quality exercises`,
            icon: "lock",
            act: "/safety/reviewing",
          },
        ]
      : []),
    { label: t`Safety · Audit`, icon: "lock", act: "/safety/audit" },
    { label: t`Safety · Personal data`, icon: "lock", act: "/safety/personal-data" },
    { label: t`Settings · Roles`, also: t`permissions`, icon: "sliders", act: "/settings/roles" },
    { label: t`Settings · Teams`, icon: "sliders", act: "/settings/teams" },
    {
      label: t`Settings · API keys`,
      also: t`service accounts tokens`,
      icon: "sliders",
      act: "/settings/api-keys",
    },
    { label: t`Settings · Models`, also: t`providers`, icon: "sliders", act: "/settings/models" },
    {
      label: t`Settings · Channels`,
      also: t`email widget chat portal`,
      icon: "sliders",
      act: "/settings/channels",
    },
    {
      label: t`Settings · Account`,
      also: t`password passkey sessions`,
      icon: "sliders",
      act: "/settings/account",
    },
    {
      label: t`Appearance`,
      also: t`settings theme density`,
      icon: "contrast",
      act: "/settings/appearance",
    },
  ].map((part) => ({ ...part, id: `page:${part.act}` }) as Command);

const places = (may: (permission: Permission) => boolean): Command[] => [
  ...PLACES.map((place) => ({
    id: `page:${place.to}`,
    label: t(place.label),
    icon: place.icon,
    keys: place.keys,
    act: place.to,
  })),
  ...parts(may),
];

const begun = (): Command[] => [
  {
    id: "new:document",
    label: t`New document`,
    also: t`write article knowledge`,
    icon: "book",
    act: "/knowledge?new=write",
  },
  {
    id: "new:files",
    label: t`Upload files`,
    also: t`new documents knowledge`,
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
      {lost && t`No connection to the service. What you see may be out of date; reconnecting…`}
    </div>
  );
}

function useSignOut() {
  return useMutation({
    mutationFn: () => send(api.DELETE("/v1/session")),
    onSuccess: () => {
      // They name tickets and people.
      recents.set([]);
      forget();
      // The page is loaded anew: what it held in memory, drafts and all, goes with it.
      window.location.assign("/sign-in");
    },
    onError: (error) => tell(t`Signing out failed`, "error", error.message),
  });
}

interface NavigationProps {
  onGo?: () => void;
  onSearch: () => void;
  /** Missing for who may not ask. */
  onCopilot?: () => void;
  onHelp: () => void;
}

function Navigation({ onGo, onSearch, onCopilot, onHelp }: NavigationProps) {
  const session = useSession();
  const waiting = useWaiting();
  const [theme, nextTheme] = useTheme();
  const themeName = lowerFirst(t(THEME_WORDS[theme][0]));
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
        <span className="grow">
          <Trans>Search</Trans>
        </span>
        <span className="muted small" translate="no" aria-hidden="true">
          {MOD} K
        </span>
      </button>
      {onCopilot && (
        <button type="button" className="nav-search" onClick={onCopilot}>
          <Icon name="spark" />
          <span className="grow">
            <Trans>Ask the copilot</Trans>
          </span>
          <span className="muted small" translate="no" aria-hidden="true">
            {MOD} J
          </span>
        </button>
      )}
      <nav aria-label={t`Main`}>
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
                <span>{t(place.label)}</span>
                {place.to === "/approvals" && waiting && (
                  <span className="nav-count">
                    {waiting}
                    <span className="sr-only">
                      {" "}
                      <Trans>waiting</Trans>
                    </span>
                  </span>
                )}
              </Link>
            </li>
          ))}
          <li>
            <a className="nav-place" href="/chat" target="_blank" rel="noreferrer">
              <Icon name="chat" />
              <span>
                <Trans>Customer chat</Trans>
              </span>
              <span className="nav-away" aria-hidden="true">
                ↗
              </span>
              <span className="sr-only">
                <Trans>, opens in a new tab</Trans>
              </span>
            </a>
          </li>
        </ul>
      </nav>
      <div className="nav-foot">
        <Link to="/settings/account" className="nav-user" onClick={onGo}>
          <span className="avatar" translate="no" aria-hidden="true">
            {initials(session.name)}
          </span>
          <span className="grow">
            <span className="truncate nav-name">{session.name}</span>
            <span className="truncate muted small nav-name">
              {session.role ? roleName(session.role) : t`API key`}
            </span>
          </span>
          <span className="sr-only">
            <Trans>, settings</Trans>
          </span>
        </Link>
        <div className="nav-tools">
          <Button
            tone="quiet"
            size="small"
            onClick={nextTheme}
            aria-label={t`Theme: ${themeName}. Change`}
            title={t`Theme: ${themeName}`}
          >
            <Icon name={theme === "dark" ? "moon" : theme === "light" ? "sun" : "contrast"} />
          </Button>
          <Button
            tone="quiet"
            size="small"
            onClick={onHelp}
            aria-label={t`Keyboard map`}
            title={t`Keyboard map (?)`}
          >
            <Icon name="keyboard" />
          </Button>
          <Button
            tone="quiet"
            size="small"
            busy={signOut.isPending}
            onClick={() => signOut.mutate()}
          >
            <Trans>Sign out</Trans>
          </Button>
        </div>
      </div>
    </>
  );
}

function useNarrow(query = "(max-width: 860px)"): boolean {
  const [narrow, setNarrow] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const update = () => setNarrow(list.matches);
    list.addEventListener("change", update);
    return () => list.removeEventListener("change", update);
  }, [query]);
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
  const navigate = useNavigate();
  const narrow = useNarrow();
  const main = usePageFocus();
  const [menu, setMenu] = useState(false);
  const [help, setHelp] = useState(false);
  const [palette, setPalette] = useState<boolean>();
  // Undefined until it is asked for, so that nobody loads it who does not use it.
  const [copilot, setCopilot] = useState<boolean>();
  const besides = !useNarrow("(max-width: 1100px)");
  const { may } = useSession();
  // It tells of tickets; who may not read them has no stream to lose.
  useLive(useQueryClient(), may("read_tickets"));
  const mayAsk = may("ask_copilot");
  const openCopilot = () => {
    setMenu(false);
    setCopilot(true);
  };
  const closeCopilot = () => {
    setCopilot(false);
    if (!main.current) return;
    main.current.dataset.quiet = "";
    main.current.focus({ preventScroll: true });
  };
  const search = () => {
    setMenu(false);
    setPalette(true);
  };
  const signOut = useSignOut();
  const mayWrite = may("publish_knowledge");
  const maySee = useMaySee();
  const actions: Command[] = [
    ...(mayWrite ? begun() : []),
    ...THEMES.map(
      (each): Command => ({
        id: `theme:${each}`,
        label: t`Theme: ${lowerFirst(t(THEME_WORDS[each][0]))}`,
        also: t`colours appearance mode`,
        icon: each === "dark" ? "moon" : each === "light" ? "sun" : "contrast",
        act: () => theme.set(each),
      }),
    ),
    ...DENSITIES.map(
      (each): Command => ({
        id: `density:${each}`,
        label: t`Density: ${lowerFirst(t(DENSITY_WORDS[each][0]))}`,
        also: t`appearance rows`,
        icon: "menu",
        act: () => density.set(each),
      }),
    ),
    ...(mayAsk
      ? [
          {
            id: "copilot",
            label: t`Ask the copilot`,
            also: t`question assistant help`,
            icon: "spark",
            keys: "mod+j",
            act: openCopilot,
          } satisfies Command,
        ]
      : []),
    {
      id: "keys",
      label: t`Keyboard map`,
      also: t`shortcuts help`,
      icon: "keyboard",
      keys: "?",
      act: () => setHelp(true),
    },
    {
      id: "chat",
      label: t`Customer chat, in a new tab`,
      icon: "chat",
      act: () => void open("/chat", "_blank", "noopener"),
    },
    {
      id: "help-centre",
      label: t`Help centre, in a new tab`,
      also: t`articles customers`,
      icon: "book",
      act: () => void open("/help", "_blank", "noopener"),
    },
    { id: "sign-out", label: t`Sign out`, icon: "person", act: () => signOut.mutate() },
  ];
  const go = places(may).filter(({ act }) => typeof act !== "string" || maySee(act));
  useShortcuts(t`Everywhere`, [
    { keys: "mod+k", label: t`Search and commands`, run: search },
    {
      keys: "mod+j",
      label: copilot ? t`Close the copilot` : t`Ask the copilot`,
      run: copilot ? closeCopilot : openCopilot,
      when: mayAsk,
    },
    { keys: "?", label: t`This keyboard map`, run: () => setHelp(true) },
  ]);
  useShortcuts(
    t`Go to`,
    PLACES.map((place) => ({
      keys: place.keys,
      label: t(place.label),
      when: maySee(place.to),
      run: () => void navigate({ to: place.to }),
    })),
  );
  useEffect(() => {
    if (!narrow) setMenu(false);
  }, [narrow]);

  return (
    <div className="shell" data-copilot={(copilot && besides) || undefined}>
      <a className="skip" href="#main">
        <Trans>Skip to the page</Trans>
      </a>
      {narrow ? (
        <header className="topbar">
          <Dialog.Root open={menu} onOpenChange={setMenu}>
            <Dialog.Trigger className="button" data-tone="quiet" aria-label={t`Menu`}>
              <Icon name="menu" />
            </Dialog.Trigger>
            <Dialog.Portal keepMounted>
              <Dialog.Backdrop className="dialog-backdrop" />
              <Dialog.Popup className="drawer">
                <Dialog.Title className="sr-only">
                  <Trans>Menu</Trans>
                </Dialog.Title>
                <Navigation
                  onGo={() => setMenu(false)}
                  onSearch={search}
                  onCopilot={mayAsk ? openCopilot : undefined}
                  onHelp={() => {
                    setMenu(false);
                    setHelp(true);
                  }}
                />
              </Dialog.Popup>
            </Dialog.Portal>
          </Dialog.Root>
          <Link to="/" className="topbar-name">
            <Trans>Countersign</Trans>
          </Link>
        </header>
      ) : (
        <div className="sidebar">
          <Navigation
            onSearch={search}
            onCopilot={mayAsk ? openCopilot : undefined}
            onHelp={() => setHelp(true)}
          />
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
      {copilot !== undefined && mayAsk && (
        <Suspense fallback={null}>
          <CopilotPanel open={copilot} narrow={!besides} onClose={closeCopilot} />
        </Suspense>
      )}
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
