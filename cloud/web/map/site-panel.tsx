import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { SiteDetail, type SiteFeature } from "../../http/schemas.ts";
import { ask, type TroubleCode, troubleOf } from "../page/api.ts";
import { useSpeech } from "../page/language.ts";
import { MarksInWords } from "../page/marks.tsx";
import { Trouble } from "../page/notice.tsx";
import { PhotoPair } from "../page/photo-pair.tsx";
import { Proof } from "../page/proof.tsx";
import { sayTime } from "../page/say-time.ts";
import { SiteSymbol } from "../page/site-symbol.tsx";
import { isWaitingForPhotos } from "../page/visit-view.ts";

/** While photos are on their way the panel asks again so often. */
const WAIT_FOR_PHOTOS_MS = 3_000;

/** Fetches the last visit now, after each live change of the site, and again while photos are on their way. */
function useSiteDetail(site: SiteFeature) {
  const detail = useSignal<SiteDetail | undefined>(undefined);
  const trouble = useSignal<TroubleCode | null>(null);
  const attempt = useSignal(0);

  // Each live change of the feature is a reason to fetch.
  useEffect(() => {
    let isCurrent = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    if (detail.value?.id !== site.id) detail.value = undefined;
    const fetchDetail = async (): Promise<void> => {
      try {
        const { body } = await ask(SiteDetail, `/api/v1/sites/${site.id}`);
        if (!isCurrent) return;
        detail.value = body;
        trouble.value = null;
        if (body.lastVisit === null || !isWaitingForPhotos(body.lastVisit)) return;
      } catch (error) {
        if (!isCurrent) return;
        trouble.value = troubleOf(error);
      }
      timer = setTimeout(() => void fetchDetail(), WAIT_FOR_PHOTOS_MS);
    };
    void fetchDetail();
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [site, attempt.value]);

  return { detail: detail.value, trouble: trouble.value, retry: () => attempt.value++ };
}

/** Everything known of one site: its state in words and the photo pair of the last visit as proof. */
export function SitePanel({ site }: { readonly site: SiteFeature }) {
  const speech = useSpeech();
  const { words, format, name } = speech;
  const { detail, trouble, retry } = useSiteDetail(site);
  const { state, probability, demo } = site.properties;
  const visit = detail?.lastVisit;
  const visitedAt = visit?.endedAt ?? visit?.startedAt;
  return (
    <>
      <div class="headline">
        <SiteSymbol state={state} size={52} />
        <div>
          <p class="headline-words">{words.state[state]}</p>
          {probability !== null && <p>{words.visit.sure(format.percent(probability))}</p>}
        </div>
      </div>
      <MarksInWords demo={demo ? words.marks.demoSite : null} />
      {trouble !== null && <Trouble code={trouble} onRetry={retry} />}
      {detail === undefined ? (
        trouble === null && <p class="empty">{words.loading}</p>
      ) : visit === null || visit === undefined ? (
        <p class="empty">{words.visit.noVisit}</p>
      ) : (
        <section class="visit">
          <h3>
            {words.visit.lastVisit}
            <small>{sayTime(speech, visitedAt ?? null, visit.timeErrorMs)}</small>
          </h3>
          <PhotoPair visit={visit} site={name(site.properties.name)} />
          <p class="honest">{words.visit.judged}</p>
          <Proof visit={visit} />
        </section>
      )}
    </>
  );
}
