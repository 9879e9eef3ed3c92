// The heat map: a table of units and criteria. One stop for the Tab key; arrows move within it.

const folded = { groups: new Set(), criteria: new Set() };
const MAP_ROWS = 60; // that are drawn at once; the next ones when somebody comes near them
let mapOrder = "tree", waiting = [], shownCriteria = [];

function isShown(criterion) {
  for (let at = criterion.parent; at >= 0; at = criteria[at].parent) if (folded.criteria.has(at)) return false;
  return true;
}

// What stands in the rows: groups, units and those without a verdict in the order of the tree, or units alone.
function listRows() {
  const shown = new Set(matching()), missing = new Set(matchingAbsent());
  if (mapOrder !== "tree") return [...shown].sort(ORDERS[mapOrder]).map((unit) => ({ unit, depth: 0 }));
  const rows = [];
  function add(group, depth) {
    const open = isFiltered() || !folded.groups.has(group.at);
    const head = hasGroups && { group, depth };
    if (head) rows.push(head);
    const before = rows.length;
    const own = [...group.units.filter((unit) => shown.has(unit)), ...group.absent.filter((each) => missing.has(each))];
    own.sort((a, b) => (a.code < b.code ? -1 : 1));
    if (open) rows.push(...own.map((each) => (each.why ? { absent: each, depth: depth + 1 } : { unit: each, depth: depth + 1 })));
    for (const below of open ? group.groups : []) add(below, depth + 1);
    if (head && isFiltered() && rows.length === before) rows.pop(); // nothing is left in it
  }
  if (groups.length) add(groups[0], 0);
  return rows;
}

const ORDERS = {
  name: (a, b) => collator.compare(a.name, b.name) || a.at - b.at,
  share: (a, b) => a.rank - b.rank || a.at - b.at,
  worst: (a, b) => (a.share ?? 2) - (b.share ?? 2) || a.at - b.at,
  wrong: (a, b) => b.wrong - a.wrong || a.at - b.at,
  criterion: (a, b) => (wanted.criterion ? verdictOf(wanted.criterion.at, a.at) - verdictOf(wanted.criterion.at, b.at) : 0) || a.at - b.at,
};

// --- drawing -----------------------------------------------------------------------------------------------------------

const cells = core.verdicts.map(([, word], verdict) => h("td", { class: `v${verdict}` }, word));

function drawMap() {
  const shown = shownCriteria = criteria.filter(isShown), map = document.getElementById("map");
  waiting = listRows();
  map.querySelector("colgroup").replaceChildren(h("col", { class: "name" }), h("col", { class: "share" }), ...shown.map(() => h("col")));
  map.tHead.replaceChildren(drawRoots(shown), h("tr", {},
    h("th", { scope: "col", class: "name" }, say("unit")), h("th", { scope: "col", class: "share" }, say("share")), shown.map(drawHead)));
  map.tBodies[0].replaceChildren();
  drawMore(MAP_ROWS);
  move(map.tBodies[0].rows[0] ? 2 : 1, 0, { quietly: true });
}

function drawMore(many) {
  const rest = document.getElementById("map-rest");
  document.getElementById("map").tBodies[0].append(...waiting.slice(0, many).map((row) => drawRow(row, shownCriteria)));
  waiting = waiting.slice(many);
  rest.hidden = !waiting.length;
  rest.firstElementChild.textContent = say("more", { count: count(Math.min(MAP_ROWS, waiting.length)), left: count(waiting.length) });
}

function drawRoots(shown) {
  const spans = [];
  for (const each of shown) {
    let root = each;
    while (root.parent >= 0) root = criteria[root.parent];
    if (spans.at(-1)?.root === root) spans.at(-1).span++;
    else spans.push({ root, span: 1 });
  }
  return h("tr", { class: "roots" }, h("td", { class: "name" }), h("td", { class: "share" }),
    spans.map(({ root, span }) => h("th", { scope: "colgroup", colspan: span }, h("span", {}, span > 3 ? `${root.id}. ${root.name}` : root.id))));
}

function drawHead(criterion) {
  const isFolded = folded.criteria.has(criterion.at);
  const inner = criterion.leaf
    ? h("a", { href: toCriterion(criterion), tabindex: "-1" }, criterion.id)
    : h("button", { type: "button", tabindex: "-1", "aria-expanded": !isFolded, "data-fold": criterion.at }, `${isFolded ? "▸" : "▾"} ${criterion.id}`);
  return h("th", { scope: "col", class: criterion.leaf ? "leaf" : `sum s${criterion.level}`, "data-criterion": criterion.at, "data-head": criterion.id }, inner);
}

function drawRow({ unit, group, absent: missing, depth }, shown) {
  const depthClass = `name d${Math.min(depth, 4)}`;
  if (missing) {
    const why = h("td", { class: "why", colspan: shown.length }, h("span", {}, say(`why_${missing.why}`)));
    return h("tr", { class: "absent" }, h("th", { scope: "row", class: depthClass }, missing.name), h("td", { class: "share" }, "–"), why);
  }
  if (group) {
    const isFolded = folded.groups.has(group.at) && !isFiltered(), below = members(group);
    const fold = h("button", { type: "button", tabindex: "-1", "aria-expanded": !isFolded, "data-group": group.at }, `${isFolded ? "▸" : "▾"} ${group.name}`);
    return h("tr", { class: "group", "data-group": group.at },
      h("th", { scope: "row", class: depthClass }, fold, h("span", { class: "where" }, ` ${count(below.length)}/${count(group.expected)}`)),
      h("td", { class: "share" }, showShare(addCounts(below))),
      shown.map((criterion) => drawShare(countVerdicts(criterion, below))));
  }
  const row = h("tr", { "data-unit": unit.at },
    h("th", { scope: "row", class: depthClass }, h("a", { href: toUnit(unit), tabindex: "-1" }, unit.name)),
    h("td", { class: "share" }, showShare(unit.counts)));
  for (const criterion of shown) {
    const cell = cells[verdictOf(criterion.at, unit.at)].cloneNode(true);
    if (!criterion.leaf) cell.classList.add("sum");
    row.append(cell);
  }
  return row;
}

// The share of a group's units that meet a criterion: a number on a tint of five steps.
function drawShare(counts) {
  const share = shareOf(counts);
  if (share === null) return h("td", { class: "v5" }, wordOf(NOT_APPLICABLE));
  const whole = Math.min(Math.floor(share * 100), 100);
  return h("td", { class: `q${Math.min(Math.floor(share * 5), 4)}` }, String(whole));
}

// --- moving and folding ------------------------------------------------------------------------------------------------

let current = { row: 0, column: 0 };
const mapRows = () => [...document.getElementById("map").rows];

function move(row, column, { quietly } = {}) {
  const rows = mapRows(), last = rows.length - 1;
  row = Math.max(1, Math.min(row, last)); // the names of the topmost groups are no cells to stand on
  column = Math.max(0, Math.min(column, rows[row].cells.length - 1));
  const map = document.getElementById("map");
  map.querySelector("[tabindex='0']")?.setAttribute("tabindex", "-1");
  current = { row, column };
  const cell = rows[row].cells[column], stop = cell.querySelector("a, button") || cell;
  stop.setAttribute("tabindex", "0");
  if (!quietly) stop.focus();
}

function placeOf(target) {
  const cell = target.closest("td, th");
  return cell && { row: cell.parentElement.rowIndex, column: cell.cellIndex, cell };
}

function onKey(event) {
  const { row, column } = current, page = 15;
  const to = {
    ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
    PageUp: [row - page, column], PageDown: [row + page, column],
    Home: [event.ctrlKey ? 1 : row, 0], End: [event.ctrlKey ? Infinity : row, Infinity],
  }[event.key];
  if (to) {
    event.preventDefault();
    move(...to);
  } else if (event.key === "Enter" && event.target.matches("td")) {
    const link = document.querySelector("#detail a");
    if (link) link.click();
  }
}

function onFold(event) {
  const button = event.target.closest("button");
  if (!button) return;
  const kind = "fold" in button.dataset ? "criteria" : "groups", at = Number(button.dataset.fold ?? button.dataset.group);
  if (!folded[kind].delete(at)) folded[kind].add(at);
  drawMap();
  const again = document.querySelector(kind === "criteria" ? `#map [data-fold='${at}']` : `#map button[data-group='${at}']`);
  const place = placeOf(again);
  move(place.row, place.column);
}

function foldAll(kind, fold) {
  folded[kind].clear();
  if (fold && kind === "groups") for (const group of groups) if (!group.groups.length) folded.groups.add(group.at);
  if (fold && kind === "criteria") for (const each of criteria) if (each.level === 0 && !each.leaf) folded.criteria.add(each.at);
  drawMap();
}

// --- the sentence behind a cell ----------------------------------------------------------------------------------------

let asked = 0;

async function showDetail(target) {
  const place = placeOf(target), detail = document.getElementById("detail");
  if (!place || !place.row) return;
  for (const each of document.querySelectorAll("#map .at")) each.classList.remove("at");
  const row = place.cell.parentElement, head = document.getElementById("map").rows[1].cells[place.column];
  head.classList.add("at");
  row.cells[0].classList.add("at");
  const criterion = criteria[head.dataset.criterion], turn = ++asked;
  const lines = await describe(row.dataset, criterion);
  if (turn === asked && lines) detail.replaceChildren(...lines); // somebody may have moved on meanwhile
}

async function describe({ unit: at, group: below }, criterion) {
  const title = (...nodes) => h("p", { class: "title" }, ...nodes);
  const name = criterion && h("span", {}, ` ${criterion.id} ${criterion.name}`);
  if (below !== undefined) {
    const group = groups[below];
    const counts = criterion ? countVerdicts(criterion, members(group)) : addCounts(members(group));
    const sentence = say("group_share", { met: count(met(counts)), all: count(arising(counts)), share: showShare(counts), unknown: count(unknown(counts)) });
    return [title(h("strong", {}, group.name), name), h("p", {}, sentence, " ", h("a", { href: toGroup(group) }, say("open_group")))];
  }
  if (at === undefined) {
    return criterion && [title(h("strong", {}, name)), h("p", {}, `${say("target")}: ${criterion.target} `, h("a", { href: toCriterion(criterion) }, say("open_criterion")))];
  }
  const unit = units[at];
  const link = h("a", { href: toUnit(unit, criterion) }, say("open_unit"));
  if (!criterion) return [title(h("strong", {}, unit.name), ` ${unit.path.join(", ")}`), h("p", {}, showCounts(unit.counts), " ", link)];
  const told = await tell(unit, criterion);
  const facts = [told.shown && `${say("result")}: ${told.shown}`, `${say("target")}: ${told.target}`, told.declared >= 0 && `${say("declared")}: ${wordOf(told.declared, unit.closed)}`];
  return [
    title(h("strong", {}, unit.name), name),
    h("p", {}, badge(told.verdict, unit.closed), " ", facts.filter(Boolean).join(" · ")),
    h("p", {}, told.reason, " ", told.place && h("span", { class: "place" }, told.place), " ", link),
  ];
}

function showCounts(counts) {
  const parts = counts.map((n, verdict) => n && `${wordOf(verdict)} ${count(n)}`).filter(Boolean);
  return `${say("share")} ${showShare(counts)}: ${parts.join(", ")}.`;
}

function makeMap() {
  const map = document.getElementById("map"), detail = document.getElementById("detail");
  if (units.length > 2 * FIRST && hasGroups) for (const group of groups) if (!group.groups.length) folded.groups.add(group.at);
  map.addEventListener("keydown", onKey);
  map.addEventListener("click", (event) => {
    onFold(event);
    const place = placeOf(event.target);
    if (place && event.target.matches("td")) move(place.row, place.column);
  });
  map.addEventListener("focusin", (event) => {
    const place = placeOf(event.target);
    if (place) current = { row: place.row, column: place.column };
    detail.setAttribute("aria-live", "polite");
    showDetail(event.target);
  });
  map.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse") return;
    detail.setAttribute("aria-live", "off"); // who reads by ear is not told what the mouse passes over
    showDetail(event.target);
  });
  const order = document.getElementById("map-order");
  order.addEventListener("change", () => { mapOrder = order.value; drawMap(); });
  for (const button of document.querySelectorAll("[data-fold-all]")) {
    const [kind, fold] = button.dataset.foldAll.split(" ");
    button.hidden = kind === "groups" && !hasGroups;
    button.addEventListener("click", () => foldAll(kind, fold === "fold"));
  }
  const rest = document.getElementById("map-rest"), [more, all] = rest.children;
  more.addEventListener("click", () => drawMore(MAP_ROWS));
  all.addEventListener("click", () => drawMore(Infinity));
  const near = { root: map.parentElement, rootMargin: "0px 0px 600px" };
  new IntersectionObserver((seen) => { if (seen.at(-1).isIntersecting) drawMore(MAP_ROWS); }, near).observe(rest);
  listen("bang-mau", drawMap);
}
