/** Colour variables of pictures and pages in light; run colours keep 4.5:1 against the surface and differ in lightness. */
const light = `--surface:#ffffff;--raised:#f5f6f8;--text:#1b1f24;--muted:#59626d;--grid:#e4e7eb;--accent:#0b62a8;--mark:#fff0b8;
--run-1:#0067a8;--run-2:#b94700;--run-3:#00755a;--run-4:#9b3f80;--run-5:#7a5b00;--run-6:#4d5561;`

const dark = `--surface:#14171b;--raised:#1d2127;--text:#e9ecf0;--muted:#a3adb8;--grid:#2b3139;--accent:#6cb8f5;--mark:#5b4a12;
--run-1:#5cb3f2;--run-2:#ff9a57;--run-3:#45cfa6;--run-4:#ee9dd2;--run-5:#e3c04a;--run-6:#b6bec9;`

/** A drawing with the colours of a light page in place of their names, for programs that know no CSS variables. */
export function inLight(drawing: string): string {
  const colours = new Map(
    light
      .split(';')
      .map((entry) => entry.trim().split(':'))
      .map(([name = '', colour = '']) => [name, colour]),
  )
  return drawing.replaceAll(/var\((--[\w-]+)\)/g, (unknown, name: string) => colours.get(name) ?? unknown)
}

/** Style inside a picture that is used alone, in the reader's colour scheme. */
export const pictureStyle = `svg{${light}}@media(prefers-color-scheme:dark){svg{${dark}}}`

/** Style of the report page: no fonts, pictures or scripts from anywhere; dark, print and small screens included. */
export const pageStyle = `
:root{color-scheme:light dark;${light}}
@media screen and (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--surface);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
main,header,footer{max-width:1360px;margin:0 auto;padding:0 clamp(14px,2.5vw,36px)}
header{padding-top:clamp(20px,4vw,44px)}
h1{font-size:clamp(1.5rem,1.1rem + 1.7vw,2.15rem);line-height:1.2;letter-spacing:-.015em;margin:0 0 .3em;text-wrap:balance}
h2{font-size:1.3rem;line-height:1.25;letter-spacing:-.01em;margin:2.6em 0 .3em;padding-top:.9em;border-top:1px solid var(--grid)}
h3{font-size:.98rem;margin:0 0 .35em}
.side{font-size:.8rem;font-weight:600;margin:0 0 .25em;color:var(--muted)}
p{margin:.3em 0 .8em;max-width:74ch}
small{font-size:.82rem;color:var(--muted);font-weight:400}
.lead,.none,footer{color:var(--muted)}
nav ul,.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.3em 1.4em;margin:.7em 0;padding:0}
nav a{color:var(--accent)}
.legend li{display:flex;align-items:center;gap:.5em;font-size:.92rem}
.legend svg{flex:none}
.note{border-left:3px solid var(--accent);padding:.1em 0 .1em .8em}
a:focus-visible,summary:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible,[tabindex]:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
figure{margin:0;min-width:0;break-inside:avoid}
figure svg{display:block;max-width:100%;height:auto;overflow:visible;font-family:inherit;font-variant-numeric:tabular-nums}
figcaption{font-size:.86rem;line-height:1.45;color:var(--muted);margin-top:.35em;max-width:66ch}
.grid{display:grid;gap:34px 30px;margin-top:1em}

.grid + .grid{margin-top:2.2em}
.small{grid-template-columns:repeat(auto-fill,minmax(min(100%,272px),1fr))}
.medium{grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr))}
.pair{grid-template-columns:repeat(auto-fit,minmax(min(100%,560px),1fr))}
.single{grid-template-columns:minmax(0,1fr);margin-top:.8em}
.narrow{display:none}
.beside{display:grid;gap:10px 44px;grid-template-columns:minmax(0,1fr);align-items:start}
@media (min-width:1180px){.beside{grid-template-columns:minmax(0,max-content) minmax(560px,1fr)}}
@media screen and (max-width:620px){.wide{display:none}.narrow{display:block}}
.scroll{overflow-x:auto;margin:.8em 0}
table{border-collapse:collapse;font-size:.92rem;font-variant-numeric:tabular-nums;overflow-wrap:normal}
.numbers,.configuration{min-width:min(100%,34rem)}
th,td{padding:.28em .9em .28em 0;text-align:right;vertical-align:baseline;border-bottom:1px solid var(--grid)}
td:last-child,th:last-child{padding-right:2px}
thead th{font-weight:600;vertical-align:bottom;border-bottom-color:var(--muted)}
thead td{border-bottom-color:var(--muted)}
tbody th,thead th:first-child,thead th.words{text-align:left;font-weight:500}
tbody th small,td small{display:block;line-height:1.3;white-space:nowrap}
thead th{overflow-wrap:normal}
td.words{text-align:left;overflow-wrap:anywhere;min-width:7em}
.configuration thead th{text-align:left}
.configuration tbody th{white-space:nowrap}
.differs td{font-weight:600}
.tag{font-size:.72rem;font-weight:600;color:var(--surface);background:var(--muted);border-radius:3px;padding:.08em .4em}
code{font:0.92em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
details{margin:.8em 0}
summary{cursor:pointer;font-weight:600;padding:.3em 0}
.meaning{background:var(--raised);border-left:4px solid var(--accent);border-radius:0 8px 8px 0;padding:.7em clamp(14px,2vw,22px) .5em;margin:.6em 0 1em;max-width:80ch}
.meaning h2{font-size:.95rem;margin:0 0 .2em;padding:0;border:0}
.meaning p{margin:.25em 0 .5em;font-size:1.06rem;max-width:none}
.facts thead th{text-align:left}
.facts tbody th{white-space:nowrap;color:var(--muted);padding-right:1.6em}
mark{background:var(--mark);color:inherit;border-radius:2px;text-decoration:underline;text-decoration-thickness:1px;text-underline-offset:.18em}
.filters{display:flex;flex-wrap:wrap;gap:.6em 1.1em;align-items:end}
.filters>div{display:grid;gap:.15em;min-width:0;max-width:100%}
.filters label{font-size:.84rem;color:var(--muted)}
.filters>div[hidden],tr[hidden]{display:none}
.filters input{width:min(100%,22em)}
.filters select{max-width:min(100%,18em)}
.filters input,.filters select,.pager button{font:inherit;font-size:.95rem;color:var(--text);background:var(--surface);border:1px solid var(--muted);border-radius:5px;padding:.28em .55em}
.pager{display:flex;gap:.6em}
.pager button:disabled{color:var(--muted);border-color:var(--grid)}
.pairs-table{width:100%}
.pairs-table tbody th,.pairs-table tbody td{vertical-align:top}
.pairs-table button.open,.pairs-table thead button{font:inherit;color:inherit;background:none;border:0;padding:.1em 0;cursor:pointer;text-align:inherit}
.pairs-table button.open{color:var(--accent);overflow-wrap:anywhere;min-width:8em;text-decoration:underline;text-underline-offset:.18em}
.pairs-table button.open::before{content:"+";display:inline-block;width:1em;text-decoration:none}
.pairs-table button.open[aria-expanded=true]::before{content:"\\2212"}
.pairs-table thead button{font-weight:600}
.pairs-table th[aria-sort=ascending] button::after{content:" \\2191"}
.pairs-table th[aria-sort=descending] button::after{content:" \\2193"}
.pairs-table .details td{background:var(--raised);text-align:left;padding:0}
.details td>div{position:sticky;left:0;width:min(100%,calc(100vw - 2*clamp(14px,2.5vw,36px)));padding:12px 14px}
.pairs{list-style:none;padding:0;margin:.5em 0}
.pairs li{background:var(--raised);border-radius:8px;padding:14px clamp(12px,1.6vw,20px);margin:0 0 14px;break-inside:avoid}
.margin{font-variant-numeric:tabular-nums;font-weight:700;margin-right:.4em}
.pairs h3 small{display:block}
.sides{display:grid;gap:12px 24px;grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr))}
.text{margin:0 0 .7em;min-width:0}
.content{margin:0;font:inherit;overflow-wrap:anywhere;white-space:pre-wrap;unicode-bidi:isolate;overflow:auto;max-height:15em;font-size:.93rem}
footer{font-size:.86rem;margin-top:3em;padding-bottom:3em}
@media (max-width:600px){th,td{padding-right:.55em}tbody th small{display:none}table{font-size:.8rem}td small{font-size:.7rem;white-space:normal}
.numbers tbody th{max-width:6.8em;position:sticky;left:0;background:var(--surface)}.numbers{min-width:0;width:100%}.long{min-width:34rem}}
@media print{body{font-size:10.5pt}nav,.filters,.pager{display:none}main,header,footer{max-width:none;padding-left:0;padding-right:0}
.content,.scroll{max-height:none;overflow:visible}details::details-content{content-visibility:visible;height:auto}
h2,h3,.side{break-after:avoid}.pair .wide{display:none}.pair .narrow{display:block}.small{grid-template-columns:repeat(2,1fr)}.medium,.pair{grid-template-columns:repeat(2,1fr)}}
`
