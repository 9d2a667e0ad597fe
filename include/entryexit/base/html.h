#ifndef ENTRYEXIT_BASE_HTML_H_
#define ENTRYEXIT_BASE_HTML_H_

#include <string>
#include <string_view>

// Small pieces of HTML. Whatever comes in as text is escaped.
namespace entryexit::base {

// <tag class="css_class">text</tag>; no class attribute when it is empty.
std::string Element(std::string_view tag, std::string_view text, std::string_view css_class = "");

// A whole page in English that needs no other file. `style` and `body` are put in as they are.
std::string Page(std::string_view title, std::string_view style, std::string_view body);

// The style sheet that our pages share: light and dark by the reader's preference, and for paper.
inline constexpr char kPageStyle[] = R"css(
:root { color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --text: #1b1f24; --soft: #555e68; --line: #d5dae0;
  --accent: #1f4e79; --good: #17633f; --warn: #7a5200; --bad: #a3241b; }
@media (prefers-color-scheme: dark) { :root {
  --page: #14171b; --card: #1d2126; --text: #e7eaee; --soft: #a8b1bb; --line: #363d45;
  --accent: #8dbde8; --good: #76d0a3; --warn: #f0c866; --bad: #ff9d92; } }
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
th, td { text-align: left; padding: 7px 9px; white-space: nowrap;
  border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { font-weight: 600; color: var(--soft); }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
tr:last-child > * { border-bottom: 0; }
figure { margin: 0; }
svg text { font-family: inherit; fill: var(--soft); font-size: 12px; }
svg .label { fill: var(--text); font-size: 13px; }
@media print {
  :root { --page: #fff; --card: #fff; --text: #000; --soft: #444; --line: #bbb;
    --good: #17633f; --warn: #7a5200; --bad: #a3241b; }
  th, td { white-space: normal; } .scroll { overflow: visible; }
  body { font-size: 10.5pt; } h2 { break-after: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  figure, tr, li { break-inside: avoid; }
}
)css";

}  // namespace entryexit::base

#endif  // ENTRYEXIT_BASE_HTML_H_
