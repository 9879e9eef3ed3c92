// Views and their addresses, and what happens at the start and in print.

const VIEWS = ["tong-quan", "bang-mau", "xep-hang", "tieu-chi", "nhom", "chua-tinh"];
const FILTERED = ["bang-mau", "xep-hang", "tieu-chi"];
const PAGES = {
  xa: (key) => unitOf.has(key) && { title: unitOf.get(key).name, draw: (asked) => drawUnit(unitOf.get(key), asked) },
  "tieu-chi": (key) => criterionOf.has(key) && { title: `${key} ${criterionOf.get(key).name}`, draw: () => drawCriterion(criterionOf.get(key)) },
  nhom: (key) => groupOf.has(key) && { title: groupOf.get(key).name, draw: () => drawGroup(groupOf.get(key)) },
};
const PARENT = { xa: "xep-hang", "tieu-chi": "tieu-chi", nhom: "nhom" };
const heading = document.title;
// By the ids that lead to them without scripts; with scripts nothing has such an id, or the browser would scroll there.
const views = new Map([...document.querySelectorAll(".view")].map((section) => [section.id, section]));
let turn = 0;

async function go(first) {
  const [address, asked] = location.hash.slice(1).split("&tieu-chi=").map(decode);
  const [kind, key] = address.includes("=") ? [address.slice(0, address.indexOf("=")), address.slice(address.indexOf("=") + 1)] : [address];
  const page = key !== undefined && PAGES[kind]?.(key);
  if (key === undefined && kind && !VIEWS.includes(kind)) return; // a place within the page
  const mine = ++turn, view = page ? "trang" : key !== undefined ? "khong-co" : kind || VIEWS[0];
  const section = views.get(view);
  const main = document.querySelector("main");
  main.setAttribute("aria-busy", "true");
  if (page) section.replaceChildren(h("h2", {}, page.title));
  for (const each of views.values()) each.hidden = each !== section;
  refresh();
  document.getElementById("filters").hidden = !FILTERED.includes(view);
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${page ? PARENT[kind] : view}`) link.setAttribute("aria-current", page ? "true" : "page");
    else link.removeAttribute("aria-current");
  }
  const content = page && await draw(page, asked);
  if (mine !== turn) return; // somebody went on meanwhile
  if (page) section.replaceChildren(...content);
  main.setAttribute("aria-busy", "false");
  const title = section.querySelector("h2");
  document.title = `${page ? page.title : title.textContent} · ${heading}`;
  if (first) return;
  title.focus({ preventScroll: true });
  window.scrollTo(0, 0);
  section.querySelector("tr.asked")?.scrollIntoView({ block: "center" });
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not an address of ours
  }
}

async function draw(page, asked) {
  try {
    return (await page.draw(asked)).flat(Infinity).filter((child) => child || child === 0);
  } catch (error) {
    return [h("h2", { tabindex: "-1" }, page.title), h("p", {}, say("cannot_unpack", { why: error.message }))];
  }
}

function fillRanking() {
  const rank = table([
    { head: say("rank"), kind: "number", key: (unit) => unit.rank, cell: (unit) => count(unit.rank) },
    { head: say("unit"), kind: "content", rowHeader: true, key: (unit) => unit.name, cell: unitLink },
    ...countColumns((unit) => unit.counts, usedVerdicts),
    { head: say("wrong"), kind: "number", falling: true, key: (unit) => unit.wrong, cell: (unit) => count(unit.wrong) },
    { head: say("to_review"), kind: "number", falling: true, key: (unit) => unit.problems, cell: (unit) => count(unit.problems) },
  ], [], { sort: 0 });
  views.get("xep-hang").querySelector(".list").replaceChildren(rank);
  listen("xep-hang", () => {
    const shown = new Set(matching());
    rank.setRows(ranked.filter((unit) => shown.has(unit)));
  });
}

function fillCriteria() {
  let counts = [];
  const list = table([
    { head: say("id"), kind: "id", key: (criterion) => criterion.at, cell: (criterion) => h("a", { href: toCriterion(criterion) }, criterion.id) },
    { head: say("content"), kind: "content", rowHeader: true, key: (criterion) => criterion.name, cell: (criterion) => criterion.name },
    { head: say("target"), kind: "target", cell: (criterion) => criterion.target },
    ...countColumns((criterion) => counts[criterion.at], usedVerdicts),
  ], [], { sort: 0, rowClass: (criterion) => `l${criterion.level}${criterion.leaf ? "" : " sum"}` });
  views.get("tieu-chi").querySelector(".list").replaceChildren(list);
  listen("tieu-chi", () => {
    counts = criteria.map((criterion) => countVerdicts(criterion, matching()));
    list.setRows(criteria);
  });
}

function start() {
  makeFilters();
  makeMap();
  fillRanking();
  fillCriteria();
  if (hasGroups) listen("nhom", () => views.get("nhom").querySelector(".list").replaceChildren(groupTable(groups)));
  if (core.past.length) {
    const sumUp = (counts) => leaves.reduce((sum, leaf) => sum.map((n, at) => n + counts[leaf.at][at]), [0, 0, 0, 0, 0, 0]);
    const sent = (counts) => Math.max(...leaves.map((leaf) => counts[leaf.at].reduce((sum, n) => sum + n)));
    const all = core.past.map(([name, counts]) => point(name, sumUp(counts), sent(counts)));
    document.getElementById("trend").append(trendOf([...all, point(core.period, addCounts(units), units.length)]));
  }
  changed();
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    document.querySelector(".view:not([hidden]) h2").focus();
  });
  document.getElementById("print").addEventListener("click", () => window.print());
  window.addEventListener("hashchange", () => go());
  window.addEventListener("beforeprint", () => { // paper has no button for more, and unfolds nothing
    for (const each of document.querySelectorAll(".view:not([hidden]) details")) each.open = true;
    for (const list of document.querySelectorAll(".view:not([hidden]) .table")) list.beforePrint();
    if (!views.get("bang-mau").hidden) drawMore(Infinity);
  });
  for (const section of views.values()) section.removeAttribute("id");
  document.documentElement.classList.add("ready");
  go(true);
}

if (typeof DecompressionStream !== "undefined") start();
