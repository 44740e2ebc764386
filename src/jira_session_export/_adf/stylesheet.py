"""How a preview looks: Jira's spacing, panels, lozenges and tables. Below `data-color-mode=dark` it is dark."""

PREVIEW_STYLESHEET = """\
.adf { color: #172b4d; font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  overflow-wrap: anywhere; }
.adf p, .adf h1, .adf h2, .adf h3, .adf h4, .adf h5, .adf h6, .adf summary, .adf li > div { white-space: pre-wrap; }
.adf p, .adf ul, .adf ol, .adf pre, .adf blockquote, .adf figure, .adf table, .adf details { margin: 0 0 12px; }
.adf h1, .adf h2, .adf h3, .adf h4, .adf h5, .adf h6 { font-weight: 600; line-height: 1.25; margin: 20px 0 8px; }
.adf h1 { font-size: 24px; } .adf h2 { font-size: 20px; } .adf h3 { font-size: 16px; }
.adf h4 { font-size: 14px; } .adf h5 { font-size: 12px; } .adf h6 { color: #626f86; font-size: 12px; }
.adf a { color: #0c66e4; }
.adf hr { border: 0; border-top: 2px solid #dcdfe4; margin: 24px 0; }
.adf code, .adf pre { background: #f1f2f4; border-radius: 3px; font: 12px/1.6 ui-monospace, Menlo, Consolas,
  monospace; }
.adf code { padding: 2px 4px; }
.adf pre { overflow-x: auto; padding: 12px; }
.adf pre code { padding: 0; white-space: pre; }
.adf blockquote { border-left: 2px solid #dcdfe4; padding-left: 16px; }
.adf mark { background-color: #f8e6a0; color: inherit; }
.adf mark[data-color] { background-color: attr(data-color type(<color>), #f8e6a0); }
.adf table { border-collapse: collapse; }
.adf th, .adf td { border: 1px solid #dcdfe4; min-width: 48px; padding: 8px; text-align: left; vertical-align: top; }
.adf th { background-color: #f1f2f4; font-weight: 600; }
.adf th[bgcolor], .adf td[bgcolor] { background-color: attr(bgcolor type(<color>)); }
.adf li > p { margin-bottom: 4px; }
.adf th > :last-child, .adf td > :last-child, .adf li > :last-child, .adf blockquote > :last-child { margin-bottom: 0; }
.adf-panel { background: #e9f2ff; border-radius: 4px; margin: 0 0 12px; padding: 12px 16px 12px 44px;
  position: relative; }
.adf-panel::before { background: #1868db; border-radius: 50%; color: #ffffff; content: "i"; font: 700 12px/18px serif;
  height: 18px; left: 14px; position: absolute; text-align: center; top: 13px; width: 18px; }
.adf-panel > :last-child { margin-bottom: 0; }
.adf-panel[data-panel-type=note] { background: #f3f0ff; }
.adf-panel[data-panel-type=tip], .adf-panel[data-panel-type=success] { background: #dcfff1; }
.adf-panel[data-panel-type=warning] { background: #fff7d6; }
.adf-panel[data-panel-type=error] { background: #ffeceb; }
.adf-panel[data-panel-type=custom] { background: #f1f2f4; }
.adf-panel[data-panel-type=note]::before { background: #964ac0; }
.adf-panel[data-panel-type=tip]::before, .adf-panel[data-panel-type=success]::before { background: #1f845a;
  content: "✓"; }
.adf-panel[data-panel-type=warning]::before { background: #b38600; content: "!"; }
.adf-panel[data-panel-type=error]::before { background: #c9372c; content: "\\d7"; }
.adf-panel[data-panel-type=custom]::before { content: none; }
.adf-panel[data-panel-color] { background: attr(data-panel-color type(<color>), #f1f2f4); }
.adf details { border: 1px solid #dcdfe4; border-radius: 4px; padding: 8px 12px; }
.adf summary { cursor: pointer; }
.adf details[open] > summary { margin-bottom: 8px; }
.adf ul[data-type=taskList], .adf ul[data-type=decisionList] { list-style: none; padding-left: 8px; }
.adf li[data-type=taskItem] { display: flex; flex-wrap: wrap; gap: 8px; }
.adf li[data-type=taskItem] > div { flex: 1; }
.adf li[data-type=taskItem] > ul { flex-basis: 100%; margin: 0 0 0 16px; }
.adf li[data-type=decisionItem] { background: #f1f2f4; border-radius: 4px; margin-bottom: 8px; padding: 8px 12px; }
.adf-mention { background: #dcdfe4; border-radius: 12px; padding: 0 6px; }
.adf-date { background: #f1f2f4; border-radius: 3px; padding: 2px 4px; }
.adf-status { background: #dcdfe4; border-radius: 3px; font-size: 11px; font-weight: 700; padding: 2px 4px;
  text-transform: uppercase; }
.adf-status[data-color=purple] { background: #dfd8fd; color: #352c63; }
.adf-status[data-color=blue] { background: #cce0ff; color: #09326c; }
.adf-status[data-color=red] { background: #ffd5d2; color: #5d1f1a; }
.adf-status[data-color=yellow] { background: #f8e6a0; color: #533f04; }
.adf-status[data-color=green] { background: #baf3db; color: #164b35; }
.adf-placeholder { color: #626f86; font-style: italic; }
.adf-card { border: 1px solid #dcdfe4; border-radius: 3px; padding: 2px 4px; text-decoration: none; }
.adf-file, .adf-extension { background: #f1f2f4; border: 1px dashed #8590a2; border-radius: 3px; color: #626f86;
  padding: 2px 6px; }
.adf-media { text-align: center; }
.adf-media[data-layout=align-start], .adf-media[data-layout=wrap-left] { text-align: left; }
.adf-media[data-layout=align-end], .adf-media[data-layout=wrap-right] { text-align: right; }
.adf-media img { height: auto; max-width: 100%; }
.adf-media figcaption { color: #626f86; font-size: 12px; }
.adf-layout { display: flex; flex-wrap: wrap; gap: 16px; }
.adf-layout > div { flex: 1 1 200px; min-width: 0; }
.adf-small { font-size: 12px; }
.adf-indent-1 { margin-left: 30px !important; } .adf-indent-2 { margin-left: 60px !important; }
.adf-indent-3 { margin-left: 90px !important; } .adf-indent-4 { margin-left: 120px !important; }
.adf-indent-5 { margin-left: 150px !important; } .adf-indent-6 { margin-left: 180px !important; }
[data-color-mode=dark] .adf { color: #c7d1db; }
[data-color-mode=dark] .adf a { color: #85b8ff; }
[data-color-mode=dark] .adf font[color] { color: color-mix(in srgb, attr(color type(<color>), #c7d1db) 45%, #ffffff); }
[data-color-mode=dark] .adf h6, [data-color-mode=dark] .adf-placeholder,
[data-color-mode=dark] .adf-media figcaption { color: #9fadbc; }
[data-color-mode=dark] .adf hr, [data-color-mode=dark] .adf blockquote, [data-color-mode=dark] .adf th,
[data-color-mode=dark] .adf td, [data-color-mode=dark] .adf details, [data-color-mode=dark] .adf-card {
  border-color: #454f59; }
[data-color-mode=dark] .adf code, [data-color-mode=dark] .adf pre, [data-color-mode=dark] .adf th,
[data-color-mode=dark] .adf li[data-type=decisionItem], [data-color-mode=dark] .adf-date { background: #2c333a; }
[data-color-mode=dark] .adf-file, [data-color-mode=dark] .adf-extension { background: #2c333a; color: #9fadbc; }
[data-color-mode=dark] .adf-mention { background: #454f59; }
[data-color-mode=dark] .adf-panel { background: #1c2b41; }
[data-color-mode=dark] .adf-panel[data-panel-type=note] { background: #2b273f; }
[data-color-mode=dark] .adf-panel[data-panel-type=tip],
[data-color-mode=dark] .adf-panel[data-panel-type=success] { background: #1c3329; }
[data-color-mode=dark] .adf-panel[data-panel-type=warning] { background: #332e1b; }
[data-color-mode=dark] .adf-panel[data-panel-type=error] { background: #42221f; }
[data-color-mode=dark] .adf-panel[data-panel-type=custom] { background: #2c333a; }
[data-color-mode=dark] .adf mark { background-color: #f8e6a0; color: #172b4d; }
[data-color-mode=dark] .adf mark[data-color] { background-color: attr(data-color type(<color>), #f8e6a0); }
[data-color-mode=dark] .adf th[bgcolor], [data-color-mode=dark] .adf td[bgcolor] {
  background-color: attr(bgcolor type(<color>)); color: #172b4d; }
[data-color-mode=dark] .adf-panel[data-panel-color] { background: attr(data-panel-color type(<color>), #2c333a);
  color: #172b4d; }
"""
