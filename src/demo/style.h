#ifndef ENTRYEXIT_DEMO_STYLE_H_
#define ENTRYEXIT_DEMO_STYLE_H_

namespace entryexit::demo {

// The report's style sheet: light and dark by the reader's preference, and for paper.
inline constexpr char kStyle[] = R"css(
:root { color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --text: #1b1f24; --soft: #555e68; --line: #d5dae0;
  --accent: #1f4e79; --match: #b5dcc9; --doubt: #f5dd9a; --nomatch: #f0b9b0;
  --good: #17633f; --warn: #7a5200; --bad: #a3241b; }
@media (prefers-color-scheme: dark) { :root {
  --page: #14171b; --card: #1d2126; --text: #e7eaee; --soft: #a8b1bb; --line: #363d45;
  --accent: #8dbde8; --match: #1f5a41; --doubt: #6b5414; --nomatch: #752f28;
  --good: #76d0a3; --warn: #f0c866; --bad: #ff9d92; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main, header, footer { max-width: 1080px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 36px; }
footer { padding: 24px 20px 48px; color: var(--soft); font-size: .875rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 6px; }
h2 { font-size: 1.35rem; margin: 44px 0 12px; }
h3 { font-size: 1.05rem; margin: 0; }
p { margin: 0 0 10px; max-width: 75ch; }
a { color: var(--accent); }
.sub { color: var(--soft); }
.notice { border-left: 4px solid var(--accent); background: var(--card); padding: 12px 16px;
  margin: 20px 0; max-width: none; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 12px 16px; }
.tile b { display: block; font-size: 1.7rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: .875rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; background: var(--card);
  border: 1px solid var(--line); font-size: .925rem; }
caption { text-align: left; color: var(--soft); padding: 4px 0 8px; }
th, td { text-align: left; padding: 7px 9px; white-space: nowrap; border-bottom: 1px solid var(--line);
  vertical-align: top; }
thead th { font-weight: 600; color: var(--soft); }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
tr:last-child > * { border-bottom: 0; }
.good { color: var(--good); font-weight: 600; }
.warn { color: var(--warn); font-weight: 600; }
.bad { color: var(--bad); font-weight: 600; }
.case { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 18px 20px; margin: 0 0 18px; }
.case > .top { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: baseline;
  margin-bottom: 14px; }
.badge { border: 1px solid currentColor; border-radius: 999px; padding: 0 10px;
  font-size: .8rem; font-weight: 600; }
.columns { display: grid; grid-template-columns: 400px 1fr; gap: 24px; }
.faces { display: grid; grid-template-columns: 1fr 1fr; gap: 12px; align-content: start; }
figure { margin: 0; }
.faces img, .none { width: 100%; aspect-ratio: 4 / 5; border-radius: 6px; object-fit: cover;
  display: block; background: var(--page); }
.none { display: grid; place-items: center; text-align: center; color: var(--soft);
  border: 1px dashed var(--line); padding: 12px; font-size: .875rem; }
figcaption { font-size: .8rem; color: var(--soft); margin-top: 6px; line-height: 1.35; }
figcaption b { color: var(--text); display: block; }
.scale { width: 100%; max-width: 460px; display: block; margin: 4px 0; }
.strips { width: 100%; background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 8px; }
svg text { font-family: inherit; fill: var(--soft); font-size: 12px; }
svg .value { fill: var(--text); font-size: 14px; font-weight: 600; }
svg .label { fill: var(--text); font-size: 13px; }
.zone-match { fill: var(--match); } .zone-doubt { fill: var(--doubt); }
.zone-nomatch { fill: var(--nomatch); }
.marker { fill: var(--text); stroke: var(--card); stroke-width: 1.5; }
.dot { fill: var(--text); fill-opacity: .55; }
.staged { border-top: 1px solid var(--line); margin-top: 14px; padding-top: 10px;
  color: var(--soft); font-size: .9rem; max-width: none; }
ol.history { margin: 10px 0 0; padding-left: 20px; font-size: .9rem; }
ul.checks { list-style: none; margin: 0; padding: 0; background: var(--card);
  border: 1px solid var(--line); border-radius: 8px; }
ul.checks li { display: grid; grid-template-columns: 84px 1fr; padding: 8px 14px;
  border-bottom: 1px solid var(--line); }
ul.checks li:last-child { border-bottom: 0; }
ul.checks small { color: var(--soft); display: block; }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(180px, 1fr)); gap: 16px; }
.gallery img { width: 100%; aspect-ratio: 4 / 5; object-fit: contain; border-radius: 6px;
  background: var(--card); border: 1px solid var(--line); }
@media (max-width: 860px) { .columns { grid-template-columns: 1fr; } .faces { max-width: 420px; } }
@media print {
  :root { --page: #fff; --card: #fff; --text: #000; --soft: #444; --line: #bbb;
    --match: #cfe8dc; --doubt: #f7e7b8; --nomatch: #f3cdc7;
    --good: #17633f; --warn: #7a5200; --bad: #a3241b; }
  th, td { white-space: normal; } .scroll { overflow: visible; }
  body { font-size: 10.5pt; } h2 { break-after: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .case, figure, tr, li { break-inside: avoid; }
  .columns { grid-template-columns: 62mm 1fr; }
}
)css";

}  // namespace entryexit::demo

#endif  // ENTRYEXIT_DEMO_STYLE_H_
