import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Clock } from "#kit/clock.ts";
import { AlertList, AlertView } from "../../http/schemas.ts";
import { ask, type TroubleCode, tell, troubleOf } from "../page/api.ts";
import { type Connection, openLive } from "../page/live.ts";
import { isWaitingForPhotos } from "../page/visit-view.ts";
import { type Alerts, isOpen, mergeAlerts } from "./alerts.ts";

/** While photos of an open alert are on their way the list is fetched again so often; otherwise once a minute. */
const WAIT_FOR_PHOTOS_MS = 4_000;
const REFETCH_MS = 60_000;
const TICK_MS = 5_000;

/** `unknown` until the server has said whether the cookie still holds. */
export type Session = "unknown" | "out" | "in";

/** All that the desk shows and does. */
export interface DeskStore {
  readonly session: ReadonlySignal<Session>;
  readonly alerts: ReadonlySignal<Alerts>;
  readonly isLoaded: ReadonlySignal<boolean>;
  readonly connection: ReadonlySignal<Connection>;
  readonly trouble: ReadonlySignal<TroubleCode | null>;
  /** The newest alert that arrived while the page was open, to be announced. */
  readonly arrived: ReadonlySignal<AlertView | null>;
  readonly nowMs: ReadonlySignal<number>;
  /** Rejects with `ApiTrouble`; `unauthorized` means a wrong token. */
  signIn(token: string): Promise<void>;
  signOut(): Promise<void>;
  /** Rejects with `ApiTrouble`; the alert then stays as it was. */
  acknowledge(id: string, name: string): Promise<void>;
  /** After trouble: asks again for what could not be had. */
  retry(): Promise<void>;
}

function parseAlert(text: string): AlertView | undefined {
  try {
    return AlertView.safeParse(JSON.parse(text)).data;
  } catch {
    // A broken event is dropped; the next fetch of the list repairs the desk.
    return undefined;
  }
}

/** Takes the alert of an event in; one that was not known before is announced. */
function takeEvent(text: string, alerts: Signal<Alerts>, arrived: Signal<AlertView | null>): void {
  const alert = parseAlert(text);
  if (alert === undefined) return;
  if (!alerts.value.has(alert.id) && isOpen(alert)) arrived.value = alert;
  alerts.value = mergeAlerts(alerts.value, [alert]);
}

/** Fetches again once a minute, and more often while photos of an open alert are on their way. */
function repeatFetch(alerts: ReadonlySignal<Alerts>, refetch: () => Promise<void>): void {
  let sinceFetchMs = 0;
  setInterval(() => {
    sinceFetchMs += WAIT_FOR_PHOTOS_MS;
    const isWaiting = [...alerts.value.values()].some((alert) => isOpen(alert) && isWaitingForPhotos(alert.visit));
    if (!isWaiting && sinceFetchMs < REFETCH_MS) return;
    sinceFetchMs = 0;
    void refetch();
  }, WAIT_FOR_PHOTOS_MS);
}

/** Asks whether the session still holds, then keeps the list of alerts up to date while it does. */
export function startDeskStore(clock: Clock): DeskStore {
  const session = signal<Session>("unknown");
  const alerts = signal<Alerts>(new Map());
  const isLoaded = signal(false);
  const connection = signal<Connection>("connecting");
  const trouble = signal<TroubleCode | null>(null);
  const arrived = signal<AlertView | null>(null);
  const nowMs = signal(clock.nowMs());
  let stopLive: (() => void) | undefined;

  const leave = (): void => {
    stopLive?.();
    stopLive = undefined;
    session.value = "out";
    alerts.value = new Map();
    isLoaded.value = false;
    arrived.value = null;
  };

  const fail = (error: unknown): void => {
    const code = troubleOf(error);
    if (code === "unauthorized") leave();
    else trouble.value = code;
  };

  const refetch = async (): Promise<void> => {
    if (session.value !== "in") return;
    try {
      const { body } = await ask(AlertList, "/api/v1/alerts");
      // What came while the stream was broken is announced as well.
      const missed = isLoaded.value ? body.alerts.find((alert) => isOpen(alert) && !alerts.value.has(alert.id)) : null;
      arrived.value = missed ?? arrived.value;
      alerts.value = mergeAlerts(alerts.value, body.alerts);
      isLoaded.value = true;
      trouble.value = null;
    } catch (error) {
      fail(error);
    }
  };

  const enter = (): void => {
    session.value = "in";
    trouble.value = null;
    void refetch();
    stopLive?.();
    stopLive = openLive("/api/v1/desk/live", {
      onOpen: () => void refetch(),
      onConnection: (state) => {
        connection.value = state;
        // The stream does not tell why it broke; the list does, when the session has ended.
        if (state === "lost") void refetch();
      },
      onEvent: { alert: (text) => takeEvent(text, alerts, arrived) },
    });
  };

  const askSession = async (): Promise<void> => {
    try {
      await tell("/api/v1/session", "GET");
      enter();
    } catch (error) {
      leave();
      fail(error);
    }
  };

  setInterval(() => (nowMs.value = clock.nowMs()), TICK_MS);
  repeatFetch(alerts, refetch);
  void askSession();

  return {
    session,
    alerts,
    isLoaded,
    connection,
    trouble,
    arrived,
    nowMs,
    retry: () => (session.value === "in" ? refetch() : askSession()),
    signIn: async (token) => {
      await tell("/api/v1/session", "POST", { token });
      enter();
    },
    signOut: async () => {
      try {
        await tell("/api/v1/session", "DELETE");
        leave();
      } catch (error) {
        fail(error);
      }
    },
    acknowledge: async (id, name) => {
      const { body } = await ask(AlertView, `/api/v1/alerts/${encodeURIComponent(id)}/acknowledge`, {
        method: "POST",
        body: { name },
      });
      alerts.value = mergeAlerts(alerts.value, [body]);
    },
  };
}
