import type { ReadonlySignal } from "@preact/signals";
import { useSpeech } from "../../page/language.ts";
import { type BulletinList, heldAt } from "./bulletins.ts";
import "./bulletin-banner.css";

interface BulletinBannerProps {
  readonly list: ReadonlySignal<BulletinList | null>;
  readonly nowMs: ReadonlySignal<number>;
}

/** The official warning of bad weather for the air, word for word, with who declared it and until when. */
export function BulletinBanner({ list, nowMs }: BulletinBannerProps) {
  const { words, format, name } = useSpeech();
  if (list.value === null) return null;
  const held = heldAt(list.value.bulletins, nowMs.value);
  if (held.length === 0) return null;
  const { whose } = list.value;
  return (
    <section class="bulletins" aria-label={words.air.bulletin}>
      {held.map((bulletin) => {
        const facts = [
          bulletin.area,
          ...(bulletin.degree === null ? [] : [words.air.bulletinDegree(bulletin.degree)]),
          ...(bulletin.onset === null || bulletin.state === "in-force"
            ? []
            : [words.air.bulletinFrom(format.fullMoment(Date.parse(bulletin.onset)))]),
          ...(bulletin.expires === null
            ? []
            : [words.air.bulletinUntil(format.fullMoment(Date.parse(bulletin.expires)))]),
          words.air.bulletinBy(bulletin.sender),
        ];
        return (
          <details key={`${bulletin.sender}/${bulletin.identifier}`} data-state={bulletin.state}>
            <summary>
              <svg viewBox="0 0 24 24" aria-hidden="true">
                <path d="M12 3 2.5 20h19L12 3Z" />
                <path d="M12 9.5v5M12 17.3v.2" />
              </svg>
              <span>
                <strong lang={bulletin.language}>{bulletin.headline}</strong> {facts.join(", ")}
              </span>
            </summary>
            {bulletin.instruction !== null && <p lang={bulletin.language}>{bulletin.instruction}</p>}
            <p>
              {name(whose)}{" "}
              {bulletin.web !== null && (
                <a href={bulletin.web} rel="noreferrer">
                  {words.air.bulletinMore}
                </a>
              )}
            </p>
          </details>
        );
      })}
    </section>
  );
}
