import { useSignal } from "@preact/signals";
import type { SiteFeature, StationFeature } from "../../http/schemas.ts";
import { useSpeech } from "../page/language.ts";
import { Marks } from "../page/marks.tsx";
import { MunicipalityChoice } from "../page/municipality-choice.tsx";
import { stateRank } from "../page/site-state.ts";
import { SiteSymbol } from "../page/site-symbol.tsx";
import { sayAir } from "./say-place.ts";
import { StationCircle } from "./station-circle.tsx";
import { compareStations, viewStation } from "./station-view.ts";
import { hashOf } from "./view-address.ts";
import "./list.css";

function StationRow(props: { station: StationFeature; nowMs: number; staleAfterMs: number }) {
  const speech = useSpeech();
  const { station, nowMs, staleAfterMs } = props;
  const { demo, replay } = station.properties;
  const view = viewStation(station, nowMs, staleAfterMs);
  return (
    <li>
      <a class="row" href={hashOf({ kind: "station", id: station.id })}>
        <StationCircle view={view} demo={demo} replay={replay !== null} />
        <span class="row-text">
          <strong>{speech.name(station.properties.name)}</strong>
          <span>{sayAir(speech, view, nowMs)}</span>
        </span>
        <Marks demo={demo} replay={replay} />
      </a>
    </li>
  );
}

function SiteRow({ site }: { site: SiteFeature }) {
  const { words, name } = useSpeech();
  const { state, demo } = site.properties;
  return (
    <li>
      <a class="row" href={hashOf({ kind: "site", id: site.id })}>
        <SiteSymbol state={state} size={32} />
        <span class="row-text">
          <strong>{name(site.properties.name)}</strong>
          <span>{words.state[state]}</span>
        </span>
        <Marks demo={demo} />
      </a>
    </li>
  );
}

interface PlaceListProps {
  readonly stations: readonly StationFeature[];
  readonly sites: readonly SiteFeature[];
  readonly nowMs: number;
  readonly staleAfterMs: number;
}

/** Everything that is on the map as a list, what wants attention first; it needs neither eyes nor a mouse. */
export function PlaceList({ stations, sites, nowMs, staleAfterMs }: PlaceListProps) {
  const { words } = useSpeech();
  const chosen = useSignal("");
  const isChosen = ({ properties }: StationFeature | SiteFeature) =>
    chosen.value === "" || properties.municipality === chosen.value;
  const air = stations.filter(isChosen).sort(compareStations(nowMs, staleAfterMs));
  const waste = sites
    .filter(isChosen)
    .sort((a, b) => stateRank(a.properties.state) - stateRank(b.properties.state) || a.id.localeCompare(b.id));
  return (
    <>
      <MunicipalityChoice among={[...stations, ...sites].map(({ properties }) => properties)} chosen={chosen} />
      <section>
        <h3>
          {words.map.stations}
          <small>{words.map.now}</small>
        </h3>
        <ul class="rows">
          {air.map((station) => (
            <StationRow key={station.id} station={station} nowMs={nowMs} staleAfterMs={staleAfterMs} />
          ))}
        </ul>
      </section>
      <section>
        <h3>{words.map.sites}</h3>
        <ul class="rows">
          {waste.map((site) => (
            <SiteRow key={site.id} site={site} />
          ))}
        </ul>
      </section>
    </>
  );
}
