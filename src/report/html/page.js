// Filters the entries, and makes those that stand in `noscript` elements when the reader comes near.
// The page says everything without it.
(() => {
"use strict";
const one = (selector, under = document) => under.querySelector(selector);
const all = (selector, under = document) => [...under.querySelectorAll(selector)];
const [ID, SURE, EXPOSURE, PUSHED, SECRET, NUMBERS] = [0, 1, 2, 3, 4, 5];
const COLUMNS = ["rule", "folder", "author", "holder", "word"];
// Nobody reads 100,000 open entries, nor prints them.
const MOST_OPEN = 1000;
const index = JSON.parse(one("#index").textContent);
const form = one("#filters");
if (!index.rows.length) return;

// Which entries are shown, by number; and what the views chose: column -> text.
const shown = new Uint8Array(index.rows.length).fill(1);
const chosen = new Map();

// The entries of a chunk are one text until somebody comes near.
const chunks = all("noscript.chunk").map((source) => {
  const place = document.createElement("div");
  place.className = "chunk-of";
  source.after(place);
  return { source, place, first: +source.dataset.first, count: +source.dataset.count, made: false };
});
const inChunk = new Uint8Array(index.rows.length);
for (const chunk of chunks) inChunk.fill(1, chunk.first, chunk.first + chunk.count);
const plain = new Map();
for (const element of all(".secret")) plain.set(element.id.slice(2), element);
const near = new IntersectionObserver((seen) => {
  for (const { isIntersecting, target } of seen) {
    const chunk = isIntersecting && chunks.find(({ place }) => place === target);
    if (chunk) make(chunk);
  }
}, { rootMargin: "1500px" });

function elements(source) {
  // The text is the one that a browser without scripts would have read.
  const template = document.createElement("template");
  template.innerHTML = source.textContent;
  return template.content;
}

function make(chunk) {
  if (chunk.made) return;
  chunk.made = true;
  near.unobserve(chunk.place);
  chunk.place.append(elements(chunk.source));
  for (const link of all("a.how", chunk.place)) {
    const steps = document.getElementById(link.hash.slice(1));
    if (steps) link.parentElement.replaceWith(...steps.cloneNode(true).children);
  }
  chunk.place.style.height = "";
  show(chunk);
}

function show(chunk) {
  let count = 0;
  for (let number = chunk.first; number < chunk.first + chunk.count; number++) count += shown[number];
  chunk.place.hidden = count === 0;
  if (chunk.made) {
    for (let at = 0; at < chunk.count; at++) chunk.place.children[at].hidden = !shown[chunk.first + at];
  } else {
    chunk.place.style.height = `${count * 52}px`;
  }
}

// What a search by text looks at, made when the first one begins.
let lower = null;

function filter() {
  const words = one("#text").value.toLowerCase().split(/\s+/).filter(Boolean);
  const [rule, sure, exposure] = ["#rule", "#confidence", "#exposure"].map((id) => one(id).value);
  if (words.length && !lower) lower = COLUMNS.map((name) => index[name].map((text) => text.toLowerCase()));
  const has = words.map((word) => lower.map((texts) => texts.map((text) => text.includes(word))));
  const ruleNumber = rule && index.rule.indexOf(rule);
  const picks = [...chosen].map(([name, text]) => [COLUMNS.indexOf(name), index[name].indexOf(text)]);
  let count = 0;
  index.rows.forEach((row, number) => {
    const numbers = row[NUMBERS];
    const fit = (rule === "" || numbers[0].includes(ruleNumber))
      && (sure === "" || (sure === "0" ? row[SURE] === 0 : row[SURE] >= +sure))
      && (exposure === "" || (exposure === "pushed" ? row[PUSHED] : exposure === "local" ? !row[PUSHED] : row[EXPOSURE] === exposure))
      && picks.every(([column, text]) => numbers[column].includes(text))
      && words.every((word, at) => has[at].some((texts, column) => numbers[column].some((text) => texts[text]))
        || row[SECRET].toLowerCase().includes(word));
    shown[number] = fit ? 1 : 0;
    count += shown[number];
    if (!inChunk[number]) {
      const element = plain.get(row[ID]);
      if (element) element.hidden = !fit;
    }
  });
  chunks.forEach(show);
  for (const group of all(".group")) {
    const name = group.id;
    group.hidden = !index.rows.some((row, number) => shown[number] && row[EXPOSURE] === name);
  }
  say(count);
}

function say(count) {
  const line = one("#shown");
  const total = index.rows.length.toLocaleString("en");
  const secrets = index.rows.length === 1 ? "secret" : "secrets";
  line.replaceChildren(count === 0 ? "No secret fits. " : `${count.toLocaleString("en")} of ${total} ${secrets} shown. `);
  for (const [name, text] of chosen) {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.className = "chip";
    chip.textContent = `${name}: ${text} \u00d7`;
    chip.addEventListener("click", () => { chosen.delete(name); filter(); });
    line.append(chip);
  }
}

function clear() {
  form.reset();
  chosen.clear();
  filter();
}

// An address of an entry makes it, shows it and opens it.
function follow() {
  const id = location.hash.slice(1);
  if (!id.startsWith("s-")) return;
  const number = index.rows.findIndex((row) => row[ID] === id.slice(2));
  if (number < 0) return;
  const chunk = chunks.find(({ first, count }) => first <= number && number < first + count);
  if (chunk) make(chunk);
  if (!shown[number]) clear();
  const entry = document.getElementById(id);
  entry.open = true;
  entry.scrollIntoView();
  one("summary", entry).focus({ preventScroll: true });
}

function openAll(open) {
  for (const entry of all(".secret:not([hidden])").slice(0, open ? MOST_OPEN : Infinity)) entry.open = open;
}

// A printer gets what is shown, open, as far as anybody would print it.
const opened = [];
function beforePrint() {
  let [room, left] = [MOST_OPEN, 0];
  for (const chunk of chunks) {
    const count = shown.subarray(chunk.first, chunk.first + chunk.count).reduce((sum, one) => sum + one, 0);
    if (count && !chunk.made && room > 0) make(chunk);
    if (!chunk.made) left += count;
    room -= count;
  }
  for (const entry of all(".secret:not([hidden], [open])").slice(0, 2 * MOST_OPEN)) {
    entry.open = true;
    opened.push(entry);
  }
  one("#unprinted").textContent = left ? `${left.toLocaleString("en")} more are not printed; filter them.` : "";
}

function step(by) {
  const seen = all(".secret > summary").filter((summary) => summary.offsetParent);
  const next = seen[Math.min(Math.max(seen.indexOf(document.activeElement) + by, 0), seen.length - 1)];
  if (next) { next.focus({ preventScroll: true }); next.scrollIntoView({ block: "center" }); }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") { clear(); return; }
  if (event.target.closest("input, select, textarea")) return;
  if (event.key === "/") { event.preventDefault(); one("#text").focus(); }
  if (event.key === "j") step(1);
  if (event.key === "k") step(-1);
});

// The rest of a long list comes piece by piece.
document.addEventListener("click", (event) => {
  const more = event.target.closest("button.more");
  if (!more) return;
  const source = more.nextElementSibling;
  const made = elements(source);
  more.before(made);
  source.remove();
  if (more.nextElementSibling?.matches("noscript.rest")) label(more); else more.remove();
});
function label(button) {
  let [left, next] = [0, button.nextElementSibling];
  const now = next.dataset.count;
  for (; next?.matches("noscript.rest"); next = next.nextElementSibling) left += +next.dataset.count;
  button.textContent = `Show ${now} more of ${left.toLocaleString("en")}`;
}
for (const source of all("noscript.rest")) {
  if (source.previousElementSibling.matches("noscript.rest")) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "more";
  source.before(button);
  label(button);
}

// A row of a view can be looked at alone.
for (const summary of all("[data-only]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "only";
  button.textContent = "show only these";
  summary.append(button);
  button.addEventListener("click", (event) => {
    event.preventDefault();
    chosen.set(summary.closest("table").dataset.view, summary.dataset.only);
    filter();
    form.scrollIntoView();
  });
}

let waiting = 0;
form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 120); });
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(() => { chosen.clear(); filter(); }));
one("#open").addEventListener("click", () => openAll(true));
one("#close").addEventListener("click", () => openAll(false));
window.addEventListener("hashchange", follow);
window.addEventListener("beforeprint", beforePrint);
window.addEventListener("afterprint", () => { for (const entry of opened.splice(0)) entry.open = false; });

form.hidden = false;
one("#keys").hidden = false;
filter();
for (const chunk of chunks) near.observe(chunk.place);
follow();
})();
