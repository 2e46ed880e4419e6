import { ConnectionPill } from "../page/connection-pill.tsx";
import { useSpeech } from "../page/language.ts";
import { LanguageSwitch } from "../page/language-switch.tsx";
import { Trouble } from "../page/notice.tsx";
import { AlertList } from "./alert-list.tsx";
import type { DeskStore } from "./desk-store.ts";
import { NameDialog } from "./name-dialog.tsx";
import type { Person } from "./person.ts";
import { SignIn } from "./sign-in.tsx";

function TopBar({ store }: { store: DeskStore }) {
  const { words } = useSpeech();
  const isIn = store.session.value === "in";
  return (
    <header class="top-bar">
      <h1>
        <span class="brand">{words.brand}</span>
        <span class="tagline">{words.desk.title}</span>
      </h1>
      <nav>
        <a class="button quiet" href="/">
          {words.desk.toMap}
        </a>
        <LanguageSwitch />
        {isIn && (
          <button type="button" class="button" onClick={() => void store.signOut()}>
            {words.desk.signOut}
          </button>
        )}
      </nav>
    </header>
  );
}

function Asked({ person }: { person: Person }) {
  const { words } = useSpeech();
  const question = person.question.value;
  if (question === null) return null;
  return (
    <NameDialog
      name={person.name.value}
      saveWords={question.isForAlert ? words.desk.saveName : words.desk.saveOnlyName}
      onSave={(name) => question.answer(name)}
      onCancel={() => question.answer(null)}
    />
  );
}

/** The desk: signed out it asks for the token, signed in it shows what is not in order. */
export function DeskPage({ store, person }: { readonly store: DeskStore; readonly person: Person }) {
  const { words, name } = useSpeech();
  const session = store.session.value;
  const trouble = store.trouble.value;
  const arrived = store.arrived.value;
  return (
    <div class="desk-page" data-session={session}>
      <TopBar store={store} />
      <main>
        {trouble !== null && <Trouble code={trouble} onRetry={() => void store.retry()} />}
        {session === "unknown" && <p class="empty">{words.loading}</p>}
        {session === "out" && <SignIn signIn={store.signIn} />}
        {session === "in" && (
          <>
            <div class="working-as">
              <ConnectionPill connection={store.connection} />
              {person.name.value !== "" && (
                <p>
                  {words.desk.workingAs(person.name.value)}
                  <button type="button" class="button quiet small" onClick={person.change}>
                    {words.desk.changeName}
                  </button>
                </p>
              )}
            </div>
            <AlertList store={store} person={person} />
          </>
        )}
        <p class="visually-hidden" role="status">
          {arrived === null ? "" : words.desk.arrived(name(arrived.siteName))}
        </p>
      </main>
      <Asked person={person} />
    </div>
  );
}
