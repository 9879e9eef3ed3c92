// What the page knows: the core at once, tiles of sentences when somebody looks. Elements are made of text, never of
// markup, so that nothing that an official wrote is ever run.

const core = JSON.parse(document.getElementById("core").textContent);
const say = (key, fill = {}) => core.words[key].replace(/\{(\w+)\}/g, (_whole, name) => fill[name]);
const locale = document.documentElement.lang === "vi" ? "vi-VN" : "en-US";
const collator = new Intl.Collator(locale, { numeric: true });
const count = (n) => n.toLocaleString(locale);
const EXCEEDED = 0, MET = 1, NOT_MET = 2, NOT_ASSESSED = 3, NO_DATA = 4, NOT_APPLICABLE = 5;

function h(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && (value !== false || name.startsWith("aria-"))) {
      made.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : value);
    }
  }
  made.append(...children.flat(Infinity).filter((child) => child || child === 0));
  return made;
}

function svg(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.flat());
  return made;
}

// The text without marks, in lower case: as nhiemvu.text.plain, for searching.
function plain(text) {
  const bare = text.normalize("NFD").toLowerCase().replace(/[\p{M}\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu, "");
  return bare.replace(/[đðɖ]/g, "d").replace(/[‐-―−﹣－]/g, "-").replace(/[“”„‟″«»]/g, '"').replace(/[‘’‚‛′´`]/g, "'").replace(/\s+/gu, " ").trim();
}

// A share as people read it: 99,96% is not shown as 100% while something is missing.
function percent(part, whole) {
  for (let digits = 1; ; digits++) {
    const size = 10 ** digits, exact = (part / whole) * 100 * size;
    for (const rounded of [Math.floor(exact + 0.5), Math.floor(exact)]) {
      const shown = rounded / size;
      if (shown > 0 === part > 0 && shown < 100 === part < whole) {
        return shown.toLocaleString(locale, { maximumFractionDigits: digits }) + "%";
      }
    }
  }
}

// --- criteria, groups, units -------------------------------------------------------------------------------------------

const criteria = core.criteria.map(([id, name, level, parent, leaf, unit, target, source, bounds], at) => {
  return { at, id, name, level, parent, leaf: Boolean(leaf), unit, target, source, bounds, children: [] };
});
for (const each of criteria) if (each.parent >= 0) criteria[each.parent].children.push(each);
const leaves = criteria.filter((each) => each.leaf);
const criterionOf = new Map(criteria.map((each) => [each.id, each]));

const groups = core.groups.map(([code, name, level, parent, expected], at) => {
  return { at, code, name: name || say("everybody"), level, parent, expected, groups: [], units: [], absent: [] };
});
for (const each of groups) if (each.parent >= 0) groups[each.parent].groups.push(each);
const groupOf = new Map(groups.map((each) => [each.code, each]));
const hasGroups = groups.length > 1;

// The groups above, the innermost first, without that of all.
function above(at) {
  const found = [];
  for (; at > 0; at = groups[at].parent) found.push(groups[at]);
  return found;
}

const verdictOf = (criterion, unit) => core.matrix[criterion].charCodeAt(unit) - 48;
const met = (counts) => counts[EXCEEDED] + counts[MET];
const arising = (counts) => counts.reduce((sum, n) => sum + n, 0) - counts[NOT_APPLICABLE];
const unknown = (counts) => counts[NOT_ASSESSED] + counts[NO_DATA];
const shareOf = (counts) => (arising(counts) ? met(counts) / arising(counts) : null);
const showShare = (counts) => (arising(counts) ? percent(met(counts), arising(counts)) : "–");

const units = core.units.code.map((code, at) => {
  const counts = [0, 0, 0, 0, 0, 0];
  for (const leaf of leaves) counts[verdictOf(leaf.at, at)]++;
  const { name, file, link, group, closed, wrong, problems, day, period } = core.units;
  const unit = { at, code, name: name[at] || file[at] || code, file: file[at], link: link[at], group: group[at] };
  unit.path = above(unit.group).map((each) => each.name);
  unit.key = plain([unit.name, code, ...unit.path].join(" "));
  groups[unit.group]?.units.push(unit);
  return Object.assign(unit, {
    counts, share: shareOf(counts), closed: closed[at] === "1", wrong: wrong[at], problems: problems[at],
    day: pick(day, at), period: pick(period, at),
  });
});
const unitOf = new Map(units.map((each) => [each.code, each]));
const absent = core.absent.map(([code, name, group, why]) => {
  const path = above(group).map((each) => each.name);
  const each = { code, name, group, why, path, key: plain([name, code, ...path].join(" ")) };
  groups[group]?.absent.push(each);
  return each;
});

// Units of one share have one rank.
const ranked = [...units].sort((a, b) => (b.share ?? -1) - (a.share ?? -1) || a.at - b.at);
ranked.forEach((unit, at) => { unit.rank = at && ranked[at - 1].share === unit.share ? ranked[at - 1].rank : at + 1; });

const allClosed = units.length > 0 && units.every((unit) => unit.closed);
const wordOf = (verdict, closed = allClosed) => core.verdicts[verdict][closed && verdict === NOT_MET ? 2 : 1];
const symbolOf = (verdict) => core.verdicts[verdict][0];

const usedVerdicts = [0, 1, 2, 3, 4, 5].filter((verdict) => core.matrix.some((codes) => codes.includes(String(verdict))));

// All units below a group, at any depth.
function members(group) {
  return [...group.units, ...group.groups.flatMap(members)];
}

function countVerdicts(criterion, among) {
  const counts = [0, 0, 0, 0, 0, 0];
  for (const unit of among) counts[verdictOf(criterion.at, unit.at)]++;
  return counts;
}

function addCounts(among) {
  const sum = [0, 0, 0, 0, 0, 0];
  for (const unit of among) unit.counts.forEach((n, verdict) => { sum[verdict] += n; });
  return sum;
}

// --- tiles -------------------------------------------------------------------------------------------------------------

// A column of a tile is a list, or the one value that all units share.
function pick(column, at) {
  return Array.isArray(column) ? column[at] : column;
}

const whole = new Promise((done) => {
  if (document.readyState !== "loading") done();
  else document.addEventListener("DOMContentLoaded", done);
});
const packed = new Map();
const unpacked = new Map();

async function unpack(id, line) {
  if (!packed.has(id)) {
    if (!document.getElementById(id)?.nextElementSibling) await whole; // what is still arriving may be cut
    packed.set(id, document.getElementById(id).textContent.split("\n"));
  }
  const bytes = Uint8Array.from(atob(packed.get(id)[line]), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

function tile(id, line) {
  const key = `${id}/${line}`;
  if (!unpacked.has(key)) unpacked.set(key, unpack(id, line));
  return unpacked.get(key);
}

const blockOf = (unit) => `block-${Math.floor(unit.at / core.block)}`;
const groupTile = (criterion) => tile("groups", criterion.at);

// One criterion of one unit in words.
async function tell(unit, criterion) {
  const found = await tile(blockOf(unit), criterion.at), at = unit.at % core.block;
  const { past = [], lines = [], declared, target = criterion.target, ...columns } = found;
  const row = Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, pick(column, at)]));
  return {
    ...row,
    target: pick(target, at),
    verdict: verdictOf(criterion.at, unit.at),
    declared: declared[at] === "-" ? -1 : Number(declared[at]),
    past: past.map(([verdicts, values]) => [verdicts[at] === "-" ? -1 : Number(verdicts[at]), pick(values, at)]),
    lines: lines[at] || [],
  };
}

// What is said of a unit as a whole: discrepancies, problems, grades.
async function tellUnit(unit) {
  return (await tile(blockOf(unit), criteria.length))[unit.at % core.block];
}
