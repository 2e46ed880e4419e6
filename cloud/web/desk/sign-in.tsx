import { useSignal } from "@preact/signals";
import { type TroubleCode, troubleOf } from "../page/api.ts";
import { useSpeech } from "../page/language.ts";

/** Asks for the administrator's token; what is wrong is said beside the field. */
export function SignIn({ signIn }: { signIn(token: string): Promise<void> }) {
  const { words } = useSpeech();
  const token = useSignal("");
  const isBusy = useSignal(false);
  const problem = useSignal<TroubleCode | "empty" | null>(null);

  const send = async (): Promise<void> => {
    const entered = token.value.trim();
    if (entered === "") {
      problem.value = "empty";
      return;
    }
    isBusy.value = true;
    problem.value = null;
    try {
      await signIn(entered);
    } catch (error) {
      problem.value = troubleOf(error);
    } finally {
      isBusy.value = false;
    }
  };

  const said =
    problem.value === null
      ? undefined
      : problem.value === "empty"
        ? words.desk.emptyToken
        : problem.value === "unauthorized"
          ? words.desk.wrongToken
          : words.trouble[problem.value];
  return (
    <form
      class="card sign-in"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <h2>{words.desk.signInTitle}</h2>
      {/* A password manager keeps a token only beside a name. */}
      <input type="text" name="user" autoComplete="username" value="administrator" readOnly hidden />
      <label>
        <span>{words.desk.token}</span>
        <input
          type="password"
          name="token"
          autoComplete="current-password"
          autoCapitalize="off"
          spellcheck={false}
          value={token.value}
          aria-invalid={said !== undefined}
          aria-describedby="token-hint token-problem"
          onInput={(event) => {
            token.value = event.currentTarget.value;
          }}
        />
      </label>
      <p id="token-problem" class="problem" role="alert">
        {said}
      </p>
      <button type="submit" class="button main" disabled={isBusy.value}>
        {isBusy.value ? words.desk.signingIn : words.desk.signIn}
      </button>
      <p id="token-hint" class="honest">
        {words.desk.signInHint}
      </p>
    </form>
  );
}
