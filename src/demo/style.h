#ifndef ENTRYEXIT_DEMO_STYLE_H_
#define ENTRYEXIT_DEMO_STYLE_H_

namespace entryexit::demo {

// What the report's style sheet has beyond base::kPageStyle, after which it comes.
inline constexpr char kStyle[] = R"css(
:root { --match: #b5dcc9; --doubt: #f5dd9a; --nomatch: #f0b9b0; }
@media (prefers-color-scheme: dark) { :root {
  --match: #1f5a41; --doubt: #6b5414; --nomatch: #752f28; } }
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
.faces img, .none { width: 100%; aspect-ratio: 4 / 5; border-radius: 6px; object-fit: cover;
  display: block; background: var(--page); }
.none { display: grid; place-items: center; text-align: center; color: var(--soft);
  border: 1px dashed var(--line); padding: 12px; font-size: .875rem; }
figcaption { font-size: .8rem; color: var(--soft); margin-top: 6px; line-height: 1.35; }
figcaption b { color: var(--text); display: block; }
.scale { width: 100%; max-width: 460px; display: block; margin: 4px 0; }
.strips { width: 100%; background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 8px; }
svg .value { fill: var(--text); font-size: 14px; font-weight: 600; }
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
  :root { --match: #cfe8dc; --doubt: #f7e7b8; --nomatch: #f3cdc7; }
  .case { break-inside: avoid; }
  .columns { grid-template-columns: 62mm 1fr; }
}
)css";

}  // namespace entryexit::demo

#endif  // ENTRYEXIT_DEMO_STYLE_H_
