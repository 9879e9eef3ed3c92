// The pages of one unit, one criterion, one group; each is drawn when its address is visited.

const facts = (pairs) => h("dl", { class: "facts" }, pairs.filter(([, text]) => text || text === 0).map(([name, text]) => h("div", {}, h("dt", {}, name), h("dd", {}, text))));

function paths(at) {
  return above(at).reverse().map((group) => [h("a", { href: toGroup(group) }, group.name), " › "]);
}

// What is folded away until somebody asks; print unfolds it.
function part(title, content, open = false) {
  return h("details", { class: "part", open }, h("summary", {}, h("h3", {}, title)), content);
}

function counted(counts) {
  return [h("p", { class: "counts" }, counts.map((n, verdict) => n > 0 && [badge(verdict), ` ${count(n)} `])), bar(counts)];
}

const DONE = 1; // the outlook of what is met already, which says nothing new

// --- a unit ------------------------------------------------------------------------------------------------------------

async function drawUnit(unit, asked) {
  const told = await Promise.all(criteria.map((criterion) => tell(unit, criterion)));
  const [wrong, problems, grades] = await tellUnit(unit);
  const rows = criteria.flatMap((criterion, at) => [
    { criterion, ...told[at] },
    ...told[at].lines.map(([name, verdict, shown, target, reason, place]) => ({ name, level: criterion.level + 1, verdict, shown, target, reason, place, declared: -1, past: [] })),
  ]);
  const only = h("input", { type: "checkbox", id: "only-open" });
  const list = unitTable(unit, rows, asked);
  only.addEventListener("change", () => list.classList.toggle("only-open", only.checked));
  return [
    h("p", { class: "path" }, paths(unit.group)),
    h("h2", { tabindex: "-1" }, unit.name),
    facts([
      [say("code"), unit.code], [say("period"), unit.period], [say("day"), unit.day],
      ...core.attributes.map(([label, words, index]) => [label, words[index[unit.at]]]),
      [say("rank"), say("rank_of", { rank: count(unit.rank), all: count(units.length) })],
      [say("share"), `${showShare(unit.counts)} (${count(met(unit.counts))}/${count(arising(unit.counts))})`],
      [say("workbook"), unit.link ? h("a", { href: unit.link }, unit.file) : unit.file],
    ]),
    ...counted(unit.counts),
    await unitTrend(unit, told),
    ...grades.map(([name, grade, reason]) => h("p", {}, h("strong", {}, `${name}: ${grade || say("unknown")}. `), reason)),
    discrepancies(wrong),
    problemList(problems),
    h("h3", {}, say("by_criterion")),
    h("p", { class: "screen" }, h("label", {}, only, " ", say("only_open"))),
    list,
    h("p", { class: "quiet" }, say("narratives")),
  ];
}

function unitTable(unit, rows, asked) {
  const hasPast = core.past.length > 0;
  const columns = [
    { head: say("id"), kind: "id", cell: ({ criterion }) => criterion ? h("a", { href: toCriterion(criterion) }, criterion.id) : "" },
    { head: say("content"), kind: "content", rowHeader: true, cell: (row) => row.criterion?.name ?? row.name },
    { head: say("target"), kind: "target", cell: (row) => row.target },
    { head: say("result"), kind: "number figure", cell: (row) => row.shown },
    { head: say("declared"), kind: "declared", cell: (row) => row.declared >= 0 && h("span", { class: differs(row) && "differs" }, wordOf(row.declared, unit.closed)) },
    { head: say("verdict"), kind: "verdict", cell: (row) => badge(row.verdict, unit.closed) },
    hasPast && { head: say("course"), kind: "course", cell: (row) => row.criterion && [steps([...row.past.map(([verdict]) => verdict), row.verdict], unit.closed), " ", spark([...row.past.map(([, value]) => value), row.value])] },
    { head: say("reason"), kind: "reason", cell: (row) => [row.reason, row.outlook > DONE && h("span", { class: `outlook o${row.outlook}` }, `${say("outlook")}: ${core.outlooks[row.outlook]}. ${row.outlook_reason}`)] },
    { head: say("place"), kind: "place", cell: (row) => row.place && showPlace(row.place) },
  ].filter(Boolean);
  const rowClass = (row) => {
    const level = row.criterion ? row.criterion.level : row.level, isOpen = row.verdict >= NOT_MET && row.verdict <= NO_DATA;
    return [`l${level}`, row.criterion ? !row.criterion.leaf && "sum" : "line", !isOpen && "settled", row.criterion && row.criterion.id === asked && "asked"].filter(Boolean).join(" ");
  };
  return table(columns, rows, { rowClass, wide: true });
}

// Met and exceeded are one to those who declare.
const differs = (row) => row.declared !== row.verdict && !(row.declared <= MET && row.verdict <= MET);

async function unitTrend(unit, told) {
  if (!core.past.length) return "";
  const share = (at) => {
    const counts = [0, 0, 0, 0, 0, 0];
    for (const leaf of leaves) {
      const verdict = told[leaf.at].past[at][0];
      if (verdict >= 0) counts[verdict]++;
      else if (core.past[at][1][leaf.at].some(Boolean)) return [0, 0, 0, 0, 0, 0]; // what could be carried over is no share of all
    }
    return counts;
  };
  const points = core.past.map(([name], at) => point(name, share(at)));
  points.push(point(core.period, unit.counts));
  return trendOf(points);
}

// A share of few units is none of many: how many there were is said where that differs from period to period.
const point = (name, counts, sent) => ({ name, value: shareOf(counts), shown: showShare(counts), note: sent === undefined ? "" : say("sent", { count: count(sent) }) });

function trendOf(points) {
  const label = `${say("trend")}: ${points.map((each) => [each.name, each.shown, each.note && `(${each.note})`].filter(Boolean).join(" ")).join("; ")}`;
  return h("figure", {}, h("figcaption", {}, say("trend")), h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": say("trend") }, trend(points, { label })));
}

function discrepancies(wrong) {
  if (!wrong.length) return h("p", {}, say("no_discrepancies"));
  const columns = [
    { head: say("id"), kind: "id", cell: ({ id }) => (criterionOf.has(id) ? h("a", { href: toCriterion(criterionOf.get(id)) }, id) : id) },
    { head: say("place"), kind: "place", rowHeader: true, cell: ({ place }) => place && showPlace(place) },
    { head: say("says"), cell: ({ says }) => says },
    { head: say("follows"), cell: ({ follows }) => follows },
    { head: say("kind"), cell: ({ isError, kind }) => (isError ? kind : `${kind} (${say("is_note")})`) },
    { head: say("advice"), cell: ({ advice }) => advice },
  ];
  return part(say("discrepancies", { count: count(wrong.length) }), table(columns, wrong.map(([id, isError, kind, place, says, follows, advice]) => ({ id, isError, kind, place, says, follows, advice }))));
}

function problemList(problems) {
  if (!problems.length) return "";
  const items = problems.map(([id, place, text]) => {
    const where = [id, place].filter(Boolean).join(" · ");
    return h("li", {}, where && h("span", { class: "place" }, `${where} `), text);
  });
  return part(say("problems", { count: count(problems.length) }), h("ul", { class: "problems" }, items));
}

// --- a criterion -------------------------------------------------------------------------------------------------------

async function drawCriterion(criterion) {
  const [tiles, sums] = await Promise.all([
    Promise.all(Array.from({ length: Math.ceil(units.length / core.block) }, (_none, block) => tile(`block-${block}`, criterion.at))),
    groupTile(criterion),
  ]);
  const of = (unit, name) => pick(tiles[Math.floor(unit.at / core.block)][name], unit.at % core.block);
  const counts = countVerdicts(criterion, units);
  const points = core.past.map(([name, all]) => point(name, all[criterion.at]));
  const climb = [];
  for (let at = criterion.parent; at >= 0; at = criteria[at].parent) climb.unshift([h("a", { href: toCriterion(criteria[at]) }, `${criteria[at].id} ${criteria[at].name}`), " › "]);
  return [
    h("p", { class: "path" }, climb),
    h("h2", { tabindex: "-1" }, `${criterion.id} ${criterion.name}`),
    facts([
      [say("target"), criterion.target], [say("unit_of_measure"), criterion.unit], [say("source"), criterion.source],
      [say("share"), `${showShare(counts)} (${count(met(counts))}/${count(arising(counts))})`],
      ...(groups.length ? totalFacts(sums, 0) : []),
    ]),
    ...counted(counts),
    points.length > 0 && trendOf([...points, point(core.period, counts)]),
    criterion.children.length > 0 && [h("h3", {}, say("children")), h("ul", {}, criterion.children.map((each) => h("li", {}, h("a", { href: toCriterion(each) }, `${each.id} ${each.name}`), ` ${showShare(countVerdicts(each, units))}`)))],
    hasGroups && part(say("by_group"), groupSums(criterion, sums), groups.length <= 15),
    h("h3", {}, say("by_unit")),
    values(criterion, of),
  ];
}

const digit = (code) => code !== "-" && badge(Number(code));

// The verdict of a ratio of sums; where figures are missing, also what those that are there would give.
function ofSums(sums, at) {
  const verdict = sums.verdict[at], soFar = sums.so_far[at];
  return [digit(verdict), soFar !== verdict && soFar !== "-" && [" ", h("span", { class: "where" }, say("so_far")), " ", digit(soFar)]];
}

// who sent nothing has no figures either
function allOf(group) {
  return Math.max(group.expected, members(group).length);
}

function totalFacts(sums, at) {
  const over = pick(sums.over, at), shown = pick(sums.shown, at);
  const known = say("known_in", { known: count(pick(sums.known, at)), all: count(allOf(groups[at])) });
  return [
    [say(over ? "ratio" : "total"), shown && [over ? `${over} / ${pick(sums.under, at)} = ${shown}` : shown, " ", ofSums(sums, at), ` (${known})`]],
    [say("meeting"), digit(sums.meeting[at])],
  ];
}

function groupSums(criterion, sums) {
  const counts = new Map(groups.map((group) => [group, countVerdicts(criterion, members(group))]));
  const columns = [
    { head: say("group"), kind: "content", rowHeader: true, key: (group) => group.at, cell: (group) => h("a", { class: `d${Math.min(group.level, 4)}`, href: toGroup(group) }, group.name) },
    { head: say("over"), kind: "number figure", cell: (group) => pick(sums.over, group.at) },
    { head: say("under"), kind: "number figure", cell: (group) => pick(sums.under, group.at) },
    { head: say("ratio_or_total"), kind: "number figure strong", falling: true, key: (group) => pick(sums.value, group.at), cell: (group) => pick(sums.shown, group.at) },
    { head: say("known"), kind: "number", cell: (group) => `${count(pick(sums.known, group.at))}/${count(allOf(group))}` },
    { head: say("verdict"), cell: (group) => ofSums(sums, group.at) },
    ...countColumns((group) => counts.get(group), usedVerdicts),
  ].filter((column) => criterion.leaf || ![say("over"), say("under"), say("ratio_or_total"), say("known"), say("verdict")].includes(column.head));
  return table(columns, groups, { sort: 0, wide: true });
}

function values(criterion, of) {
  const thresholds = (unit) => criterion.bounds[of(unit, "row") ?? -1] || [];
  const known = units.map((unit) => of(unit, "value")).filter((value) => value !== null && value !== undefined);
  const bounds = known.length ? criterion.bounds.flat() : [];
  const least = Math.min(0, ...known, ...bounds), greatest = Math.max(...known, ...bounds);
  const valueOf = (unit) => of(unit, "value") ?? null;
  const columns = [
    { head: say("unit"), kind: "content", rowHeader: true, key: (unit) => unit.name, cell: unitLink },
    { head: say("result"), kind: "number figure strong", falling: true, key: valueOf, cell: (unit) => of(unit, "shown") },
    { head: say("chart"), kind: "bars", cell: (unit) => valueOf(unit) !== null && gauge(valueOf(unit), thresholds(unit), least, greatest, verdictOf(criterion.at, unit.at)) },
    { head: say("target"), kind: "target", cell: (unit) => of(unit, "target") ?? criterion.target },
    { head: say("verdict"), kind: "verdict", key: (unit) => verdictOf(criterion.at, unit.at), cell: (unit) => badge(verdictOf(criterion.at, unit.at), unit.closed) },
    { head: say("reason"), kind: "reason", cell: (unit) => of(unit, "reason") },
    { head: say("place"), kind: "place", cell: (unit) => of(unit, "place") && showPlace(of(unit, "place")) },
  ].filter((column) => known.length || ![say("result"), say("chart")].includes(column.head));
  const legend = known.length && bounds.length > 0 && h("p", { class: "quiet" }, say("threshold_legend"));
  return [legend, table(columns, units, { sort: known.length ? 1 : 2, wide: true })];
}

// --- a group -----------------------------------------------------------------------------------------------------------

async function drawGroup(group) {
  const below = members(group), counts = addCounts(below);
  const sums = await Promise.all(criteria.map(groupTile));
  const show = h("button", { type: "button", onclick: () => { choose(group); location.hash = "bang-mau"; } }, say("show_units"));
  return [
    h("p", { class: "path" }, paths(groups[group.at].parent)),
    h("h2", { tabindex: "-1" }, group.name),
    facts([
      [say("code"), group.code], [say("judged"), `${count(below.length)}/${count(group.expected)}`],
      [say("share"), `${showShare(counts)} (${count(met(counts))}/${count(arising(counts))})`],
    ]),
    ...counted(counts),
    h("p", { class: "screen" }, show),
    group.groups.length > 0 && [h("h3", {}, say("groups_below")), groupTable(group.groups)],
    group.absent.length > 0 && [h("h3", {}, say("absent", { count: count(group.absent.length) })), h("ul", {}, group.absent.map((each) => h("li", {}, `${each.name} (${each.code}): ${say(`why_${each.why}`)}`)))],
    h("h3", {}, say("by_criterion")),
    h("p", { class: "quiet" }, say("ratio_note")),
    groupCriteria(group, sums, below),
  ];
}

function groupCriteria(group, sums, below) {
  const counts = criteria.map((criterion) => countVerdicts(criterion, below));
  const at = (criterion, name) => pick(sums[criterion.at][name], group.at);
  const columns = [
    { head: say("id"), kind: "id", key: (criterion) => criterion.at, cell: (criterion) => h("a", { href: toCriterion(criterion) }, criterion.id) },
    { head: say("content"), kind: "content", rowHeader: true, cell: (criterion) => criterion.name },
    { head: say("target"), kind: "target", cell: (criterion) => criterion.target },
    { head: say("sums"), kind: "number figure", cell: (criterion) => at(criterion, "over") && `${at(criterion, "over")} / ${at(criterion, "under")}` },
    { head: say("ratio_or_total"), kind: "number figure strong", cell: (criterion) => at(criterion, "shown") && [at(criterion, "shown"), at(criterion, "known") < allOf(group) && h("span", { class: "where" }, ` ${say("known_in", { known: count(at(criterion, "known")), all: count(allOf(group)) })}`)] },
    { head: say("verdict"), cell: (criterion) => ofSums(sums[criterion.at], group.at) },
    sums.some((each) => each.meeting[group.at] !== "-") && { head: say("meeting"), cell: (criterion) => digit(sums[criterion.at].meeting[group.at]) },
    ...countColumns((criterion) => counts[criterion.at], usedVerdicts),
  ].filter(Boolean);
  return table(columns, criteria, { rowClass: (criterion) => `l${criterion.level}${criterion.leaf ? "" : " sum"}`, sort: 0, wide: true });
}

function groupTable(shown) {
  const counts = new Map(shown.map((group) => [group, addCounts(members(group))]));
  const columns = [
    { head: say("group"), kind: "content", rowHeader: true, key: (group) => group.at, cell: (group) => h("a", { class: `d${Math.min(group.level, 4)}`, href: toGroup(group) }, group.name) },
    { head: say("judged"), kind: "number", falling: true, key: (group) => members(group).length / (group.expected || 1), cell: (group) => `${count(members(group).length)}/${count(group.expected)}` },
    ...countColumns((group) => counts.get(group), usedVerdicts),
  ];
  return table(columns, shown, { sort: 0 });
}
