/** The page's style: one column on a phone, two on a desk, light and dark; each text has a contrast of 4.5 to 1 at least. */
export const PAGE_STYLE = `:root {
  --ground: #f4f5f2; --card: #ffffff; --text: #1c211d; --soft: #545d56; --line: #d5dad5; --link: #0b5c8a;
  --well: #1d6b36; --notice: #7a4d00; --trouble: #a8191f;
  --well-ground: #e3f2e6; --notice-ground: #fdf0d3; --trouble-ground: #fde6e4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #141815; --card: #1e2420; --text: #e8ece8; --soft: #aab4ac; --line: #38413b; --link: #7cc4ef;
    --well: #7fd69a; --notice: #f2c46b; --trouble: #ff9d97;
    --well-ground: #1b3323; --notice-ground: #3a2e12; --trouble-ground: #43201f;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1rem; max-width: 64rem; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: anywhere;
}
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; justify-content: space-between; align-items: end; }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; }
.product { margin: 0; color: var(--soft); }
nav { display: flex; gap: .25rem; }
a { color: var(--link); }
nav a { padding: .5rem .75rem; border-radius: .5rem; text-decoration: none; }
nav a[aria-current] { background: var(--card); color: var(--text); font-weight: 600; box-shadow: inset 0 0 0 1px var(--line); }
a:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.banner { margin: 1rem 0 0; padding: .75rem 1rem; border-radius: .75rem; background: var(--notice-ground); color: var(--notice); font-weight: 600; }
.summary {
  display: flex; gap: .75rem; align-items: center; margin: 1rem 0; padding: .875rem 1rem; border-radius: .75rem;
  font-size: 1.25rem; font-weight: 600; line-height: 1.3;
}
.well { --tone: var(--well); --tone-ground: var(--well-ground); }
.notice { --tone: var(--notice); --tone-ground: var(--notice-ground); }
.trouble { --tone: var(--trouble); --tone-ground: var(--trouble-ground); }
.summary { background: var(--tone-ground); color: var(--tone); }
.mark {
  display: inline-grid; place-items: center; flex: none; inline-size: 1.375em; block-size: 1.375em; font-size: .875em;
  font-weight: 700; line-height: 1; color: var(--tone); box-shadow: inset 0 0 0 .125em var(--tone); border-radius: 50%;
}
.notice .mark { border-radius: .25em; }
.trouble .mark { border-radius: 0; }
h2 { margin: 1.5rem 0 .5rem; font-size: 1.125rem; }
ul { display: grid; gap: .75rem; margin: 0; padding: 0; list-style: none; }
.part {
  display: grid; grid-template-columns: 1fr auto; gap: .125rem 1rem; padding: .875rem 1rem; background: var(--card);
  border: 1px solid var(--line); border-inline-start: .375rem solid var(--tone); border-radius: .75rem;
}
.part p, .part h3 { margin: 0; }
.part h3 { font-size: 1.0625rem; }
.part h3::first-letter { text-transform: uppercase; }
.state { display: flex; gap: .5rem; align-items: center; color: var(--tone); font-weight: 600; white-space: nowrap; }
.what, .todo, .said, .since { grid-column: 1 / -1; }
.todo { margin-block-start: .375rem !important; padding: .5rem .75rem; background: var(--tone-ground); border-radius: .5rem; }
.said, .since { color: var(--soft); font-size: .875rem; }
.said q { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .8125rem; }
.stale .part { border-style: dashed; }
footer { margin: 1.5rem 0 0; color: var(--soft); font-size: .875rem; }
footer p { margin: .25rem 0; }
@media (min-width: 44rem) {
  body { padding: 1.5rem 2rem; }
  .calm ul { grid-template-columns: 1fr 1fr; }
}
@media (forced-colors: active) { .part { border-inline-start-width: .5rem; } }
`;
