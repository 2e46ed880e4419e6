import { useState } from "preact/hooks";
import type { PhotoView, VisitView } from "../../http/schemas.ts";
import { useSpeech } from "./language.ts";
import { PhotoDialog } from "./photo-dialog.tsx";
import { SiteSymbol } from "./site-symbol.tsx";
import { pairOf, sureness } from "./visit-view.ts";

function Photo({ of: role, photo, site }: { of: PhotoView["role"]; photo: PhotoView | null; site: string }) {
  const { words, format } = useSpeech();
  const [isLarge, setLarge] = useState(false);
  const share = photo === null ? null : sureness(photo);
  const title = words.visit[role];
  return (
    <figure class="photo" data-role={role}>
      {photo?.url === undefined || photo.url === null ? (
        <div class="photo-frame empty">
          <p>{photo === null ? words.visit.noPhoto : words.visit.onItsWay}</p>
          {photo !== null && <span class="waiting" aria-hidden="true" />}
        </div>
      ) : (
        <button
          type="button"
          class="photo-frame"
          aria-label={words.visit.enlarge(title.toLowerCase())}
          onClick={() => setLarge(true)}
        >
          <img src={photo.url} alt={`${title}: ${site}. ${words.state[photo.state]}`} decoding="async" />
        </button>
      )}
      <figcaption>
        <span class="photo-role">{title}</span>
        {photo !== null && (
          <>
            <span class="photo-verdict">
              <SiteSymbol state={photo.state} size={20} />
              {words.state[photo.state]}
            </span>
            {share !== null && <span class="photo-share">{words.visit.sure(format.percent(share))}</span>}
            <span class="photo-time">
              {photo.takenAt === null ? words.visit.timeUnknown : format.fullMoment(photo.takenAt)}
            </span>
          </>
        )}
      </figcaption>
      {isLarge && photo?.url !== undefined && photo.url !== null && (
        <PhotoDialog url={photo.url} title={`${title} · ${site}`} onClose={() => setLarge(false)} />
      )}
    </figure>
  );
}

/** The two photos of a visit side by side, each with its verdict; a click shows one large. */
export function PhotoPair({ visit, site }: { readonly visit: VisitView; readonly site: string }) {
  const { before, after } = pairOf(visit);
  return (
    <div class="photo-pair">
      <Photo of="before" photo={before} site={site} />
      <Photo of="after" photo={after} site={site} />
    </div>
  );
}
