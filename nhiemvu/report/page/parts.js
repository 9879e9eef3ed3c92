// Parts that several views share: badges, bars, lines of a trend, tables that sort.

const FIRST = 200; // rows that are drawn before somebody asks for more

function badge(verdict, closed) {
  return h("span", { class: `badge v${verdict}` }, h("span", { "aria-hidden": "true" }, symbolOf(verdict)), ` ${wordOf(verdict, closed)}`);
}

// How often each verdict occurs, as a bar; the numbers stand beside it, or in its label.
function bar(counts) {
  const sum = counts.reduce((total, n) => total + n, 0) || 1;
  const parts = counts.map((n, verdict) => [n, verdict]).filter(([n]) => n);
  const label = parts.map(([n, verdict]) => `${wordOf(verdict)} ${count(n)}`).join(", ");
  let x = 0;
  const rects = parts.map(([n, verdict]) => {
    const rect = svg("rect", { class: `b${verdict}`, x, y: 0, width: (n / sum) * 100, height: 10 });
    x += (n / sum) * 100;
    return rect;
  });
  return svg("svg", { class: "bar", viewBox: "0 0 100 10", preserveAspectRatio: "none", role: "img", "aria-label": label || "–" }, ...rects);
}

// A value between the least and the greatest of a criterion, with its thresholds as lines.
function gauge(value, thresholds, least, greatest, verdict) {
  const x = (number) => ((number - least) / (greatest - least || 1)) * 100;
  const zero = x(Math.max(least, 0)), end = x(value);
  return svg("svg", { class: "gauge", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: `b${verdict}`, x: Math.min(zero, end), y: 2, width: Math.max(Math.abs(end - zero), 0.5), height: 6 }),
    ...thresholds.map((bound) => svg("line", { class: "threshold", x1: x(bound), x2: x(bound), y1: 0, y2: 10 })));
}

// Points joined by a line, each with its label; a point without a value leaves a gap.
function trend(points, { step = 100, label }) {
  const floor = 96, height = points.some((each) => each.note) ? floor + 36 : floor + 22;
  const width = step * points.length, known = points.map((each) => each.value).filter((value) => value !== null);
  const low = Math.min(0, ...known), high = Math.max(...known, low + 1e-9);
  const x = (at) => step * (at + 0.5), y = (value) => 26 + (1 - (value - low) / (high - low)) * (floor - 48);
  const drawn = points.map((each, at) => ({ ...each, at })).filter((each) => each.value !== null);
  const made = svg("svg", { class: "trend", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label },
    svg("line", { class: "axis", x1: 0, x2: width, y1: y(low), y2: y(low) }),
    svg("polyline", { points: drawn.map((each) => `${x(each.at)},${y(each.value)}`).join(" ") }),
    ...drawn.flatMap((each) => [
      svg("circle", { cx: x(each.at), cy: y(each.value), r: 4 }),
      svg("text", { class: "strong", x: x(each.at), y: y(each.value) - 9 }, each.shown),
    ]),
    ...points.map((each, at) => svg("text", { y: floor }, [...halve(each.name), each.note].filter(Boolean).map((part, line) => svg("tspan", { x: x(at), dy: line ? 14 : 0 }, part)))));
  made.style.minWidth = `${points.length * 72}px`; // it shrinks as long as its words can be read
  return made;
}

// A name in two lines, parted at the space nearest to its middle.
function halve(name) {
  const spaces = [...name.matchAll(/ /g)].map((each) => each.index);
  if (!spaces.length) return [name];
  const at = spaces.reduce((best, each) => (Math.abs(each - name.length / 2) < Math.abs(best - name.length / 2) ? each : best));
  return [name.slice(0, at), name.slice(at)];
}

// The small line of one criterion of one unit: the figures of earlier periods and this one's.
function spark(values) {
  const known = values.filter((value) => value !== null && value !== undefined);
  if (known.length < 2) return "";
  const low = Math.min(...known), high = Math.max(...known), last = values.length - 1;
  const place = (value, at) => `${2 + (at / last) * 56},${high > low ? 14 - ((value - low) / (high - low)) * 12 : 8}`;
  const points = values.map((value, at) => (value === null || value === undefined ? "" : place(value, at))).filter(Boolean);
  return svg("svg", { class: "spark", viewBox: "0 0 60 16", width: 60, height: 16, "aria-hidden": "true" },
    svg("polyline", { points: points.join(" ") }));
}

// Verdicts of earlier periods and this one's, as symbols and in words.
function steps(verdicts, closed) {
  return h("span", { class: "steps" }, verdicts.map((verdict, at) => {
    const period = at < core.past.length ? core.past[at][0] : core.period;
    const words = `${period}: ${verdict < 0 ? say("unknown") : wordOf(verdict, closed && at === core.past.length)}`;
    return h("span", { class: verdict < 0 ? "badge" : `badge v${verdict}`, role: "img", "aria-label": words, title: words }, verdict < 0 ? "·" : symbolOf(verdict));
  }));
}

// Where a cell lies: a line may end between the sheet and the cell, and within neither name of the cell.
function showPlace(place) {
  const at = place.lastIndexOf("!") + 1;
  return [place.slice(0, at), at > 0 && h("wbr"), h("span", { class: "cell" }, place.slice(at))];
}

const toUnit = (unit, criterion) => `#xa=${encodeURIComponent(unit.code)}${criterion ? `&tieu-chi=${encodeURIComponent(criterion.id)}` : ""}`;
const toCriterion = (criterion) => `#tieu-chi=${encodeURIComponent(criterion.id)}`;
const toGroup = (group) => `#nhom=${encodeURIComponent(group.code)}`;

function unitLink(unit) {
  const where = unit.path.length ? h("span", { class: "where" }, unit.path.join(", ")) : "";
  return [h("a", { href: toUnit(unit) }, unit.name), where && " ", where];
}

// A table that is wider than its place scrolls within it, not the page: then it is a stop for the Tab key, with a name.
const scrollers = new ResizeObserver((found) => {
  for (const { target } of found) {
    const isWide = target.scrollWidth > target.clientWidth + 1;
    for (const [name, value] of [["tabindex", "0"], ["role", "region"], ["aria-label", say("wide_table")]])
      isWide ? target.setAttribute(name, value) : target.removeAttribute(name);
  }
});

// A table that sorts by any column that has a key.
//
// columns: [{ head, cell(row) -> nodes, key(row) -> number, text or null, falling: does the first click sort downwards,
// kind: a class of the cells, rowHeader }]; options: { sort: position of the column, rowClass(row), wide: rows become cards
// already in a wider window }. Cards are no table to a browser, so every part says what it is.
function table(columns, rows, { sort = -1, rowClass, wide } = {}) {
  let order = { at: sort, falling: sort >= 0 && Boolean(columns[sort].falling) };
  let limit = FIRST;
  const body = h("tbody", { role: "rowgroup" });
  const more = h("button", { type: "button", class: "more", onclick: () => { limit += FIRST; draw(); } });
  const all = h("button", { type: "button", class: "more", onclick: () => { limit = Infinity; draw(); } }, say("all"));
  const heads = columns.map((column, at) => {
    const sorter = column.key && h("button", { type: "button", class: "sort", onclick: () => by(at) }, column.head);
    return h("th", { role: "columnheader", scope: "col", class: column.kind, "aria-sort": column.key && "none", "data-head": column.key && column.head }, sorter || column.head);
  });
  const element = h("div", { class: wide ? "table wide" : "table" },
    h("table", { role: "table" }, h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads)), body),
    h("p", { class: "rest" }, more, " ", all));
  scrollers.observe(element);

  function by(at) {
    order = { at, falling: order.at === at ? !order.falling : Boolean(columns[at].falling) };
    draw();
  }
  function compare(a, b) {
    const key = columns[order.at].key, left = key(a), right = key(b);
    if (left === null || right === null) return (left === null) - (right === null); // what is unknown stands last
    const found = typeof left === "string" ? collator.compare(left, right) : left - right;
    return order.falling ? -found : found;
  }
  function draw() {
    const sorted = order.at < 0 ? rows : [...rows].sort(compare);
    heads.forEach((head, at) => {
      if (columns[at].key) head.setAttribute("aria-sort", at !== order.at ? "none" : order.falling ? "descending" : "ascending");
    });
    body.replaceChildren(...sorted.slice(0, limit).map((row) => h("tr", { role: "row", class: rowClass?.(row) }, columns.map((column) => h(
      column.rowHeader ? "th" : "td",
      { role: column.rowHeader ? "rowheader" : "cell", scope: column.rowHeader && "row", class: column.kind, "data-label": column.rowHeader ? undefined : column.head },
      column.cell(row),
    )))));
    more.textContent = say("more", { count: count(Math.min(FIRST, rows.length - limit)), left: count(rows.length - limit) });
    more.parentElement.hidden = rows.length <= limit;
  }
  draw();
  element.setRows = (next) => { rows = next; draw(); };
  element.beforePrint = () => { limit = Infinity; draw(); };
  return element;
}

const countColumn = (verdict, counts) => ({
  head: wordOf(verdict), kind: "number", falling: true, key: (row) => counts(row)[verdict], cell: (row) => count(counts(row)[verdict]),
});

// The columns that every list of counts ends with: share, bar, a column for each verdict that occurs.
function countColumns(counts, used) {
  return [
    { head: say("share"), kind: "number strong", falling: true, key: (row) => shareOf(counts(row)), cell: (row) => showShare(counts(row)) },
    { head: say("verdicts"), kind: "bars", cell: (row) => bar(counts(row)) },
    ...used.map((verdict) => countColumn(verdict, counts)),
  ];
}
