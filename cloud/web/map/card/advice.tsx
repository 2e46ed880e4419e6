import { adviceFile, adviceFor, type PeopleGroup } from "../../../air/standards/advice.ts";
import { useSpeech } from "../../page/language.ts";

/** What everybody should do, and in short what the vulnerable should. */
export function AdviceShort({ severity }: { readonly severity: number }) {
  const { words, name } = useSpeech();
  const everybody = adviceFor(severity, "general");
  const children = adviceFor(severity, "children");
  if (everybody === null) return null;
  return (
    <div class="advice-short">
      <p>{name(everybody)}</p>
      {children !== null && name(children) !== name(everybody) && (
        <p>
          <strong>{words.air.forSensitive}</strong> {name(children)}
        </p>
      )}
    </div>
  );
}

/** What each group of people should do; those with words of their own. */
export function AdviceByGroup({ severity }: { readonly severity: number }) {
  const { words, name } = useSpeech();
  const general = adviceFor(severity, "general");
  const own = (group: PeopleGroup) => {
    const advice = adviceFor(severity, group);
    return advice !== null && (group === "general" || advice !== general) ? advice : null;
  };
  return (
    <section class="advice">
      <h3>{words.air.advice}</h3>
      <dl>
        {adviceFile.groups.map((group) => {
          const advice = own(group.id);
          return (
            advice !== null && (
              <div key={group.id} data-group={group.id}>
                <dt>{name(group.name)}</dt>
                <dd>{name(advice)}</dd>
              </div>
            )
          );
        })}
      </dl>
      <details>
        <summary>
          {words.air.adviceSource} {adviceFile.version}
        </summary>
        <p class="honest">{name(adviceFile.source)}</p>
      </details>
    </section>
  );
}
