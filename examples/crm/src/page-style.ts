/** How the page looks, by day and by night. */
export const pageStyle = `
:root { color-scheme: light dark; --line: light-dark(#d9dde3, #343a43); --soft: light-dark(#5c6673, #9aa4b1); }
body { margin: 0; background: light-dark(#f5f6f8, #14171b); color: light-dark(#1b1f24, #e8eaed); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { margin: 0 0 1rem; font-size: 1.6rem; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.1rem; }
.table { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; background: light-dark(#fff, #1b1f25); }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .6rem .9rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-size: .8rem; font-weight: 600; white-space: nowrap; }
tbody tr:last-child td { border-bottom: 0; }
time { font-variant-numeric: tabular-nums; white-space: nowrap; }
.empty { margin: 0; padding: 1.5rem; border: 1px dashed var(--line); border-radius: .5rem; color: var(--soft); }
.badge { padding: .05rem .5rem; border-radius: 1rem; background: light-dark(#e8ebef, #2c323b); color: light-dark(#45505d, #b9c2cd); font-size: .78rem; }
.badge.approved, .badge.applied { background: light-dark(#d9f2e3, #173a28); color: light-dark(#0f6135, #8fdcb0); }
.badge.deleted, .badge.suspended, .badge.rejected { background: light-dark(#fbe0de, #47201e); color: light-dark(#94251b, #f3aca6); }
.gone td { color: var(--soft); }
`;
