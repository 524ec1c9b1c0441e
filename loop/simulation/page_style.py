"""The page's style sheet: a light and a dark palette, one set of rules."""

STYLE = """
:root{color-scheme:light dark;--paper:#fbfaf8;--card:#fff;--ink:#1d2230;--soft:#5b6274;--line:#e3e1dc;--accent:#0b6e4f;
--good:#0b6e4f;--bad:#a8321f;--note:#8a5a00;
--s0:#7a7f8c;--s1:#1f6fd1;--s2:#0b8a5f;--s3:#c2570c;--s4:#8a3fb8;--s5:#b3203f;--s6:#00808f;--s7:#7d6a00}
@media(prefers-color-scheme:dark){:root{--paper:#14161c;--card:#1c1f27;--ink:#e8e9ee;--soft:#a3a9b8;--line:#30343f;
--accent:#4fd1a1;--good:#4fd1a1;--bad:#ff8d78;--note:#e5b454;
--s0:#a0a5b3;--s1:#6aa9ff;--s2:#4fd1a1;--s3:#ff9d57;--s4:#c890f0;--s5:#ff7b93;--s6:#4fd3e0;--s7:#d8c24a}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1000px;margin:0 auto;padding:40px 24px 64px}
h1{font-size:2rem;line-height:1.2;margin:.1em 0 .7em;letter-spacing:-.015em}
h2{font-size:1.3rem;margin:0 0 .8em}h3{font-size:1.02rem;margin:1.8em 0 .4em}
.kicker{margin:0;color:var(--soft);font-size:.85rem;letter-spacing:.04em}
section,.advice{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:24px 28px;margin:24px 0}
.advice{border-left:6px solid var(--accent)}.advice.open{border-left-color:var(--note)}
.verdict{margin:0;font-size:.85rem;font-weight:600;color:var(--accent)}.open .verdict{color:var(--note)}
.headline{font-size:1.25rem;line-height:1.4;font-weight:600;margin:.2em 0 .6em}
.advice p{margin:.35em 0}.advice pre{margin:1em 0 0;padding:10px 14px;border-radius:8px;background:var(--paper);
border:1px solid var(--line);font-size:.88rem;overflow-x:auto}
.facts{display:flex;flex-wrap:wrap;gap:14px 34px;margin:0}.facts dt{color:var(--soft);font-size:.82rem}
.facts dd{margin:0;font-weight:600;overflow-wrap:anywhere}
figure{margin:0;overflow-x:auto}figcaption{color:var(--soft);font-size:.88rem;margin-top:4px}
svg{display:block;width:100%;min-width:720px;height:auto;font-size:13px}
svg text{fill:var(--ink)}svg .tick,svg .axis,svg .note{fill:var(--soft)}
.middle{text-anchor:middle}.end{text-anchor:end}svg .bold{font-weight:700}
.grid{stroke:var(--line);stroke-width:1}.full{stroke:var(--soft);stroke-width:1.2;stroke-dasharray:2 4}
.one{stroke:var(--soft);stroke-width:1.5;stroke-dasharray:5 4}
.s0{--c:var(--s0)}.s1{--c:var(--s1)}.s2{--c:var(--s2)}.s3{--c:var(--s3)}.s4{--c:var(--s4)}.s5{--c:var(--s5)}
.s6{--c:var(--s6)}.s7{--c:var(--s7)}
.curve{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round}.curve.bold{stroke-width:3.6}
.curve.dashed{stroke-dasharray:7 5}.curve.dotted{stroke-dasharray:2 4}
.band{fill:var(--c);opacity:.1}.lead{fill:none;stroke:var(--c);opacity:.7}svg .name{fill:var(--c)}
.whisker{stroke:var(--c);stroke-width:3;stroke-linecap:round}.dot{fill:var(--c);stroke:var(--card);stroke-width:2}
.scroll{overflow-x:auto;margin-top:22px}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);padding-bottom:6px}
th,td{padding:6px 12px 6px 0;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
thead th{color:var(--soft);font-weight:500;white-space:normal;vertical-align:bottom}
th:first-child{text-align:left}tbody th{font-weight:600}
.good{color:var(--good);font-weight:600}.bad{color:var(--bad);font-weight:600}
details{margin-top:14px}summary{cursor:pointer}
.reading dt{font-weight:600;margin-top:12px}.reading dd{margin:2px 0 0;color:var(--soft);max-width:70ch}
footer{color:var(--soft);font-size:.85rem}
@media (max-width:600px){main{padding:24px 12px 48px}section,.advice{padding:18px 16px}}
@media print{section,.advice{break-inside:avoid}}
"""
