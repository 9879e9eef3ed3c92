// Which units are shown: search, verdict, group, attributes. Lists ask `matching()`; they are drawn anew when it
// changed and somebody looks at them.

const wanted = { words: [], verdicts: new Set(), criterion: null, group: null, attributes: core.attributes.map(() => "") };
const listeners = [];
const listen = (view, draw) => listeners.push({ view, draw, isStale: true });
let found = units;

const isFiltered = () => wanted.words.length > 0 || narrows();
const narrows = () => wanted.verdicts.size > 0 || wanted.group !== null || wanted.attributes.some(Boolean);
const hasWords = (key) => wanted.words.every((word) => key.includes(word));
const isBelow = (group) => wanted.group === null || group === wanted.group.at || above(group).includes(wanted.group);

function matches(unit) {
  return hasWords(unit.key) && isBelow(unit.group) && hasVerdict(unit)
    && wanted.attributes.every((value, at) => value === "" || core.attributes[at][2][unit.at] === Number(value));
}

function hasVerdict(unit) {
  if (!wanted.verdicts.size) return true;
  if (wanted.criterion) return wanted.verdicts.has(verdictOf(wanted.criterion.at, unit.at));
  return [...wanted.verdicts].some((verdict) => unit.counts[verdict] > 0);
}

const matching = () => found;
// Units that sent nothing have no verdict and no attribute to be found by.
const matchingAbsent = () => (wanted.verdicts.size || wanted.attributes.some(Boolean) ? [] : absent.filter((each) => hasWords(each.key) && isBelow(each.group)));

function changed() {
  found = isFiltered() ? units.filter(matches) : units;
  document.getElementById("found").textContent = isFiltered()
    ? say("found", { count: count(found.length), all: count(units.length), filters: [...tellFilters()].join("; ") })
    : say("found_all", { all: count(units.length) });
  document.getElementById("reset").hidden = !isFiltered() && !wanted.criterion;
  for (const listener of listeners) listener.isStale = true;
  refresh();
}

function refresh() {
  for (const listener of listeners) {
    if (!listener.isStale || views.get(listener.view).hidden) continue;
    listener.isStale = false;
    listener.draw();
  }
}

// What is asked for, in words: a printed list must say what it leaves out.
function* tellFilters() {
  if (wanted.words.length) yield `«${document.getElementById("search").value.trim()}»`;
  if (wanted.verdicts.size) {
    const names = [...wanted.verdicts].sort().map((verdict) => wordOf(verdict)).join(", ");
    yield wanted.criterion ? `${wanted.criterion.id}: ${names}` : names;
  }
  if (wanted.group) yield wanted.group.name;
  for (const [at, value] of wanted.attributes.entries()) {
    if (value !== "") yield `${core.attributes[at][0]}: ${core.attributes[at][1][value]}`;
  }
}

function option(value, text, depth = 0) {
  return h("option", { value }, "\u00a0\u00a0".repeat(depth) + text);
}

function selection(label, options, onchange) {
  const select = h("select", { onchange: () => { onchange(select.value); changed(); } }, options);
  return h("label", {}, h("span", {}, label), select);
}

function makeFilters() {
  const search = h("input", { type: "search", id: "search", autocomplete: "off", spellcheck: "false", placeholder: say("search_hint") });
  search.addEventListener("input", () => {
    wanted.words = plain(search.value).split(" ").filter(Boolean);
    changed();
  });
  const chips = usedVerdicts.map((verdict) => {
    const chip = h("button", { type: "button", class: `badge v${verdict}`, "aria-pressed": "false" },
      h("span", { "aria-hidden": "true" }, symbolOf(verdict)), ` ${wordOf(verdict)}`);
    chip.addEventListener("click", () => {
      if (!wanted.verdicts.delete(verdict)) wanted.verdicts.add(verdict);
      chip.setAttribute("aria-pressed", wanted.verdicts.has(verdict));
      changed();
    });
    return chip;
  });
  const selects = [
    selection(say("of_criterion"), [option("", say("any_criterion")), ...criteria.map((each) => option(each.id, `${each.id} ${each.name}`, each.level))],
      (id) => { wanted.criterion = criterionOf.get(id) || null; }),
    hasGroups && selection(say("in_group"), [option("", say("everywhere")), ...groups.slice(1).map((each) => option(each.at, each.name, each.level - 1))],
      (at) => { wanted.group = at === "" ? null : groups[at]; }),
    ...core.attributes.map(([label, words], at) => selection(label, [option("", say("any")), ...words.map((word, value) => option(value, word))],
      (value) => { wanted.attributes[at] = value; })),
  ].filter(Boolean);
  const reset = h("button", { type: "button", id: "reset", hidden: true }, say("reset"));
  reset.addEventListener("click", () => {
    Object.assign(wanted, { words: [], criterion: null, group: null, attributes: core.attributes.map(() => "") });
    wanted.verdicts.clear();
    search.value = "";
    for (const chip of chips) chip.setAttribute("aria-pressed", "false");
    for (const label of selects) label.lastChild.value = "";
    changed();
    search.focus();
  });
  const more = h("details", { class: "more-filters" }, h("summary", {}, say("more_filters")), h("div", { class: "selects" }, selects));
  const wide = window.matchMedia("(min-width: 60rem)"), unfold = () => { more.open = wide.matches; };
  wide.addEventListener("change", unfold);
  unfold();
  document.getElementById("filters").append(
    h("label", { class: "search" }, h("span", {}, say("search")), search),
    h("div", { class: "chips", role: "group", "aria-label": say("verdict_filter") }, chips),
    more,
    h("p", { class: "found" }, h("output", { id: "found" }), " ", reset));
}

// Show the units of one group, as a link from its page does.
function choose(group) {
  document.getElementById("reset").click();
  wanted.group = group;
  const select = [...document.querySelectorAll("#filters select")][1];
  select.value = group.at;
  changed();
}
