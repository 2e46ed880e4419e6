import { useSignal } from "@preact/signals";
import type { SiteFeature, StationFeature } from "../../../http/schemas.ts";
import { useSpeech } from "../../page/language.ts";
import { Marks } from "../../page/marks.tsx";
import { MunicipalityChoice } from "../../page/municipality-choice.tsx";
import { stateRank } from "../../page/site-state.ts";
import { SiteSymbol } from "../../page/site-symbol.tsx";
import type { ViewStore } from "../address/view-store.ts";
import type { MapStore } from "../map-store.ts";
import { MarkPicture } from "../marks/mark-picture.tsx";
import { PrintButton, PrintHead } from "../print/print-head.tsx";
import { sayAir } from "../say-place.ts";
import type { AirStore, SeenStation } from "../station/air-store.ts";
import { PastNote } from "../time/past-note.tsx";
import { matches } from "./search.ts";
import "./list.css";

/** Rows that are made at once; thousands would take seconds on a phone. */
const PORTION = 60;

function StationRow({ seen, nowMs, views }: { seen: SeenStation; nowMs: number; views: ViewStore }) {
  const speech = useSpeech();
  const { station, view } = seen;
  const { name, municipalityName, demo, replay } = station.properties;
  const { badge } = view.look;
  return (
    <li>
      <a class="row" href={views.hrefOf({ kind: "station", id: station.id })}>
        <MarkPicture look={view.look} sizePx={52} />
        <span class="row-text">
          <strong>{speech.name(name)}</strong>
          <span>
            {sayAir(speech, view, nowMs)} · {speech.name(municipalityName)}
          </span>
          {badge !== null && <span>{speech.words.air.badge[badge]}</span>}
        </span>
        <Marks demo={demo} replay={replay} />
      </a>
    </li>
  );
}

function SiteRow({ site, views }: { site: SiteFeature; views: ViewStore }) {
  const { words, name } = useSpeech();
  const { state, demo } = site.properties;
  return (
    <li>
      <a class="row" href={views.hrefOf({ kind: "site", id: site.id })}>
        <SiteSymbol state={state} size={32} />
        <span class="row-text">
          <strong>{name(site.properties.name)}</strong>
          <span>
            {words.state[state]} · {name(site.properties.municipalityName)}
          </span>
        </span>
        <Marks demo={demo} />
      </a>
    </li>
  );
}

function More({ left, onMore }: { readonly left: number; onMore(): void }) {
  const { words } = useSpeech();
  if (left <= 0) return null;
  return (
    <button type="button" class="button small" onClick={onMore}>
      {words.air.more(Math.min(left, PORTION))}
    </button>
  );
}

interface PlaceListProps {
  readonly store: MapStore;
  readonly air: AirStore;
  readonly views: ViewStore;
}

/** Everything that is on the map as a list, what wants attention first; it needs neither eyes nor a mouse. */
export function PlaceList({ store, air, views }: PlaceListProps) {
  const { words } = useSpeech();
  const chosen = useSignal("");
  const sought = useSignal("");
  const shown = useSignal({ stations: PORTION, sites: PORTION });
  const isWanted = ({ properties }: StationFeature | SiteFeature) =>
    (chosen.value === "" || properties.municipality === chosen.value) && matches(properties, sought.value);
  const all = [...air.seen.value.values()];
  const sites = [...store.sites.value.values()];
  const stationRows = all
    .filter(({ station }) => isWanted(station))
    .sort((a, b) => b.view.order - a.view.order || a.station.id.localeCompare(b.station.id));
  const siteRows = sites
    .filter(isWanted)
    .sort((a, b) => stateRank(a.properties.state) - stateRank(b.properties.state) || a.id.localeCompare(b.id));
  const { stations: stationCount, sites: siteCount } = shown.value;
  return (
    <>
      <PrintHead lens={air.lens.value} />
      <PastNote views={views} />
      <div class="list-choice">
        <label class="choose">
          <span>{words.air.search}</span>
          <input
            type="search"
            name="search"
            value={sought.value}
            onInput={(event) => {
              sought.value = event.currentTarget.value;
            }}
          />
        </label>
        <MunicipalityChoice
          among={[...all.map(({ station }) => station), ...sites].map(({ properties }) => properties)}
          chosen={chosen}
        />
        <p class="visually-hidden" role="status">
          {sought.value !== "" && words.air.found(stationRows.length + siteRows.length)}
        </p>
      </div>
      <section>
        <h3>
          {words.map.stations}
          <small>{words.air.averageLong[air.lens.value.choice.average]}</small>
        </h3>
        <ul class="rows">
          {stationRows.slice(0, stationCount).map((seen) => (
            <StationRow key={seen.station.id} seen={seen} nowMs={air.lens.value.moment.nowMs} views={views} />
          ))}
        </ul>
        <More
          left={stationRows.length - stationCount}
          onMore={() => {
            shown.value = { ...shown.value, stations: stationCount + PORTION };
          }}
        />
      </section>
      <section>
        <h3>{words.map.sites}</h3>
        <ul class="rows">
          {siteRows.slice(0, siteCount).map((site) => (
            <SiteRow key={site.id} site={site} views={views} />
          ))}
        </ul>
        <More
          left={siteRows.length - siteCount}
          onMore={() => {
            shown.value = { ...shown.value, sites: siteCount + PORTION };
          }}
        />
      </section>
      <p class="actions">
        <PrintButton />
      </p>
    </>
  );
}
