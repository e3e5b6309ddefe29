/**
 * The style sheet of a page: light and dark, phones and desktops. No fonts, images or scripts.
 *
 * @module
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fbfbfd; --card: #ffffff; --ink: #1a1d23; --soft: #5c6370; --line: #e2e4ea;
  --auto: #2459d6; --ours: #8fb0f5; --peer: #b9bfca;
  --node: #0e8a74; --noble: #c26a00; --wasm: #8b3fd1; --web: #7a8290; --other: #c02f6b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #111318; --card: #191c23; --ink: #e8eaf0; --soft: #a0a7b4; --line: #2c313b;
    --auto: #79a4ff; --ours: #3f5f9f; --peer: #565d6a;
    --node: #43c9ac; --noble: #f0a345; --wasm: #c490ff; --web: #9aa2b0; --other: #ff7eb0;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; overflow-wrap: anywhere;
}
main, header, footer { max-width: 1240px; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 2rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em; }
h2 { font-size: 1.25rem; line-height: 1.25; margin: 2.8rem 0 .3rem; letter-spacing: -.005em; }
h3 { font-size: .95rem; margin: 0 0 .4rem; }
p { margin: .3rem 0 1rem; max-width: 75ch; }
.lead, .note, footer { color: var(--soft); }
dl.machine {
  display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 1rem 0; font-size: .88rem;
}
dl.machine dt { color: var(--soft); }
dl.machine dd { margin: 0; min-width: 0; }
.warning { border-left: 4px solid var(--noble); padding: .4rem .8rem; background: var(--card); }
.cards, .grid { display: grid; gap: 1rem; list-style: none; margin: 1rem 0; padding: 0; }
.cards { grid-template-columns: repeat(auto-fill, minmax(165px, 1fr)); }
.cards li, .chart { background: var(--card); border: 1px solid var(--line); border-radius: 10px; min-width: 0; }
.cards li { padding: .7rem .85rem; font-size: .85rem; line-height: 1.35; }
.cards b { display: block; font-size: 1.6rem; line-height: 1.25; color: var(--auto); font-weight: 650; }
.cards span { color: var(--soft); display: block; }
details { margin: .6rem 0; }
summary { cursor: pointer; font-weight: 600; padding: .3rem 0; }
.grid { align-items: start; grid-template-columns: repeat(auto-fill, minmax(min(340px, 100%), 1fr)); }
.columns { columns: 340px; column-gap: 1rem; margin: 1rem 0; }
.columns .chart { break-inside: avoid; margin-bottom: 1rem; }
.chart { margin: 0; padding: .8rem .7rem .5rem; }
.chart h3 { padding-left: .2rem; }
.plot {
  --plot-background: var(--card); display: block; width: 100%; height: auto; color: var(--ink);
  font: 11.5px system-ui, -apple-system, "Segoe UI", sans-serif;
}
.plot text { white-space: pre; }
.wide { display: none; }
@media (min-width: 760px) { .wide { display: block; } .narrow { display: none; } }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; list-style: none; padding: 0; margin: .6rem 0; font-size: .88rem; }
.legend li { display: flex; align-items: center; gap: .45rem; }
.key { width: 1.7rem; height: 0; border-top: 2px solid; }
.key.thick { border-top-width: 5px; opacity: .65; }
.key.broken { border-top-style: dashed; }
.key.dot { width: .7rem; height: .7rem; border: 0; border-radius: 50%; }
.swatch { width: .9rem; height: .9rem; border-radius: 3px; }
.scroll { overflow-x: auto; margin: 1rem 0; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.scroll:focus-visible { outline: 2px solid var(--auto); }
table { border-collapse: collapse; font-size: .8rem; font-variant-numeric: tabular-nums; white-space: nowrap; width: 100%; }
caption { text-align: left; font-weight: 600; padding: .7rem .8rem .4rem; font-size: .95rem; }
th, td { padding: .22rem .7rem; text-align: right; border-top: 1px solid var(--line); }
th { font-weight: 500; text-align: left; }
thead th { color: var(--soft); text-align: right; border-top: 0; }
thead th:nth-child(-n+3), td.word { text-align: left; }
tr.ours td.word:nth-child(3) { color: var(--auto); font-weight: 600; }
tbody tr:hover { background: color-mix(in srgb, var(--auto) 8%, transparent); }
code { font-size: .9em; }
footer { font-size: .85rem; padding-bottom: 3rem; }
@media (max-width: 480px) {
  main, header, footer { padding-left: .75rem; padding-right: .75rem; }
  .cards { grid-template-columns: 1fr 1fr; gap: .6rem; }
  .chart { padding: .7rem .4rem .4rem; }
  dl.machine { grid-template-columns: 1fr; gap: 0; }
  dl.machine dd { margin-bottom: .35rem; }
}

`;
