import { useState } from "preact/hooks";
import type { PhotoView, VisitView } from "../../http/schemas.ts";
import { useSpeech } from "./language.ts";
import { PhotoDialog } from "./photo-dialog.tsx";
import { PairWords, PhotoDoubts } from "./photo-doubts.tsx";
import { HeatToggle, PhotoHeat } from "./photo-heat.tsx";
import { usePictureSize } from "./picture-size.ts";
import { sayTime } from "./say-time.ts";
import { SiteSymbol } from "./site-symbol.tsx";
import { pairOf, sureness } from "./visit-view.ts";
import "./photo.css";

interface PhotoProps {
  readonly of: PhotoView["role"];
  readonly photo: PhotoView | null;
  readonly site: string;
  /** How far its time may be off; null where the device knew it. */
  readonly timeErrorMs: number | null;
}

/** The picture itself, with the model's map over it where that is wanted; a click shows it large. */
function Frame(props: {
  readonly url: string;
  readonly photo: PhotoView;
  readonly title: string;
  readonly site: string;
}) {
  const { words } = useSpeech();
  const { url, photo, title, site } = props;
  const [isLarge, setLarge] = useState(false);
  const [isHot, setHot] = useState(false);
  const picture = usePictureSize();
  const { heat } = photo;
  return (
    <>
      <button
        type="button"
        class="photo-frame"
        aria-label={words.visit.enlarge(title.toLowerCase())}
        onClick={() => setLarge(true)}
      >
        <img
          ref={picture.ref}
          src={url}
          alt={`${title}: ${site}. ${words.state[photo.state]}`}
          decoding="async"
          onLoad={picture.onLoad}
        />
        {isHot && heat !== null && picture.size !== null && <PhotoHeat heat={heat} size={picture.size} fit="cover" />}
      </button>
      {heat !== null && <HeatToggle heat={heat} isOn={isHot} onToggle={() => setHot(!isHot)} />}
      {isLarge && (
        <PhotoDialog
          {...{ url, heat, startsWithHeat: isHot, title: `${title} · ${site}` }}
          onClose={() => setLarge(false)}
        />
      )}
    </>
  );
}

function Photo({ of: role, photo, site, timeErrorMs }: PhotoProps) {
  const speech = useSpeech();
  const { words, format } = speech;
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
        <Frame {...{ url: photo.url, photo, title, site }} />
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
            <PhotoDoubts photo={photo} />
            <span class="photo-time">{sayTime(speech, photo.takenAt, timeErrorMs)}</span>
          </>
        )}
      </figcaption>
    </figure>
  );
}

/** The two photos of a visit side by side, each with its verdict, and what they say together. */
export function PhotoPair({ visit, site }: { readonly visit: VisitView; readonly site: string }) {
  const { before, after } = pairOf(visit);
  return (
    <>
      <div class="photo-pair">
        <Photo of="before" photo={before} site={site} timeErrorMs={visit.timeErrorMs} />
        <Photo of="after" photo={after} site={site} timeErrorMs={visit.timeErrorMs} />
      </div>
      <PairWords pair={visit.pair} />
    </>
  );
}
