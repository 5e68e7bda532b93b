"use strict";
// A person's ratings of cases, by keyboard or mouse: kept in this browser until they are exported as decisions.tsv.
// Works from files, without a network. Without this script the rating controls stay hidden.
(() => {
  const DECISIONS = { k: "keep", r: "review", e: "exclude" };
  const COLUMNS = ["center", "case_id", "decision", "reason"];
  const center = document.body.dataset.center;
  const KEY = `gliomanet decisions ${location.pathname.replace(/\/qc\/.*$/, "/qc/")}`; // a study's own
  const LAST_PAGE = `${KEY} last page`;
  const HASH = "#rated=";

  let kept = true; // false where the browser keeps nothing of this page
  const read = (key) => { try { return localStorage.getItem(key); } catch { kept = false; return null; } };
  const write = (key, text) => { try { localStorage.setItem(key, text); } catch { kept = false; } };

  // (centre, case) → its rating; an empty decision takes one back. The later of two holds.
  const keyOf = (place, id) => JSON.stringify([place, id]);
  const ratings = new Map();
  const merge = (list) => {
    for (const rating of list) {
      const known = ratings.get(keyOf(rating.center, rating.case_id));
      if (!known || known.at < rating.at) ratings.set(keyOf(rating.center, rating.case_id), rating);
    }
  };
  const parsed = (text) => { try { return JSON.parse(text) || []; } catch { return []; } };
  merge(parsed(read(KEY)));
  // Some browsers give every file a storage of its own: there, ratings travel in the links from page to page.
  if (location.hash.startsWith(HASH)) {
    merge(parsed(decodeURIComponent(location.hash.slice(HASH.length))));
    history.replaceState(null, "", location.pathname);
  }
  const last = read(LAST_PAGE);
  const isShared = kept && last !== null && last !== location.pathname;
  write(LAST_PAGE, location.pathname);
  const save = () => write(KEY, JSON.stringify([...ratings.values()]));
  save();
  const travel = document.querySelectorAll("a[data-travels]");
  const updateLinks = () => {
    if (isShared) return;
    const state = ratings.size ? HASH + encodeURIComponent(JSON.stringify([...ratings.values()])) : "";
    for (const link of travel) link.href = link.getAttribute("href").split("#")[0] + state;
  };

  // What the study's own table of decisions said when this page was made.
  const before = new Map();
  for (const place of document.querySelectorAll("[data-case]")) {
    if (place.dataset.decision) {
      before.set(keyOf(center, place.dataset.case), {
        center, case_id: place.dataset.case, decision: place.dataset.decision, reason: place.dataset.reason || "", at: 0,
      });
    }
  }
  const ratingOf = (id) => ratings.get(keyOf(center, id)) || before.get(keyOf(center, id)) || { decision: "", reason: "" };
  const rate = (id, change) => {
    const { decision, reason } = { ...ratingOf(id), ...change };
    const rating = { center, case_id: id, decision, reason: reason.replace(/\s+/g, " ").trim(), at: Date.now() };
    ratings.set(keyOf(center, id), rating);
    save();
    show();
  };

  // -- decisions.tsv, as `quality.decisions` reads it

  const cell = (text) => (text.includes('"') ? `"${text.replaceAll('"', '""')}"` : text);
  const table = () => {
    const all = [...new Map([...before, ...ratings]).values()].filter((rating) => rating.decision);
    all.sort((a, b) => (a.center + "\t" + a.case_id < b.center + "\t" + b.case_id ? -1 : 1));
    return [COLUMNS, ...all.map((rating) => COLUMNS.map((name) => rating[name]))]
      .map((row) => `${row.map(cell).join("\t")}\n`).join("");
  };
  const cellsOf = (line) => {
    const cells = [];
    for (const [, quoted, plain] of line.matchAll(/(?:^|\t)(?:"((?:[^"]|"")*)"|([^\t]*))/g)) {
      cells.push((quoted === undefined ? plain : quoted.replaceAll('""', '"')).trim());
    }
    return cells;
  };
  // Rows of a table that was exported before, or of a colleague: they fill in what is not rated here.
  const load = (text) => {
    const [header, ...rows] = text.replace(/^\ufeff/, "").split(/\r?\n/).filter((line) => line.trim()).map(cellsOf);
    if (!header || COLUMNS.slice(0, 3).some((name) => !header.includes(name))) {
      return `no table of decisions: the columns ${COLUMNS.join(", ")} must be there, separated by tabs`;
    }
    const found = rows.map((row) => Object.fromEntries(COLUMNS.map((name) => [name, row[header.indexOf(name)] || ""])));
    const odd = found.find((row) => !Object.values(DECISIONS).includes(row.decision));
    if (odd) return `${odd.case_id}: decision is "${odd.decision}"; allowed: keep, review, exclude`;
    merge(found.map((row) => ({ ...row, at: 1 })));
    save();
    show();
    return `${found.length} decisions loaded`;
  };

  // -- the controls: one case's bar, or a centre's list

  const bar = document.querySelector("form.rate");
  const rows = [...document.querySelectorAll("tr[data-case]")];
  const output = document.querySelector(".rate-state");
  const exported = document.querySelector("a.export");
  let said = "";

  const show = () => {
    for (const row of rows) {
      const { decision, reason } = ratingOf(row.dataset.case);
      row.querySelector("select").value = decision;
      if (document.activeElement !== row.querySelector("input")) row.querySelector("input").value = reason;
    }
    if (bar) {
      const { decision, reason } = ratingOf(bar.dataset.case);
      for (const button of bar.querySelectorAll("button")) {
        button.setAttribute("aria-pressed", String(button.value === decision));
      }
      if (document.activeElement !== bar.elements.reason) bar.elements.reason.value = reason;
    }
    const all = [...new Map([...before, ...ratings]).values()].filter((rating) => rating.decision);
    const elsewhere = [...new Set(all.map((rating) => rating.center))].filter((name) => name !== center);
    const here = all.filter((rating) => rating.center === center).length;
    const words = [said, `${here} rated here`];
    if (elsewhere.length) words.push(`others at ${elsewhere.join(", ")}`);
    if (!kept) words.push("this browser keeps nothing: export before you leave the page");
    if (output) output.textContent = words.filter(Boolean).join("; ");
    if (exported) exported.href = `data:text/tab-separated-values;charset=utf-8,${encodeURIComponent(table())}`;
    updateLinks();
  };

  if (bar) {
    bar.hidden = false;
    for (const button of bar.querySelectorAll("button")) {
      button.addEventListener("click", () => rate(bar.dataset.case, { decision: button.value }));
    }
    bar.elements.reason.addEventListener("change", () => rate(bar.dataset.case, { reason: bar.elements.reason.value }));
    bar.addEventListener("submit", (event) => event.preventDefault());
  }
  for (const row of rows) {
    row.querySelector("select").addEventListener("change", (e) => rate(row.dataset.case, { decision: e.target.value }));
    row.querySelector("input").addEventListener("change", (e) => rate(row.dataset.case, { reason: e.target.value }));
  }
  const list = document.querySelector(".rate-list");
  if (list) {
    list.hidden = false;
    list.querySelector("input[type=file]").addEventListener("change", async (event) => {
      if (!event.target.files.length) return;
      said = load(await event.target.files[0].text());
      show();
    });
  }

  const go = (relation) => document.querySelector(`a[rel=${relation}]`)?.click();
  addEventListener("keydown", (event) => {
    const inside = event.target.closest("input, select, textarea");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (inside) {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      inside.blur(); // which saves it
      if (event.key === "Enter" && bar) go("next");
      else inside.closest("tr[data-case]")?.focus();
      return;
    }
    const row = event.target.closest("tr[data-case]");
    const id = bar ? bar.dataset.case : row?.dataset.case;
    const key = event.key.toLowerCase();
    if (id && DECISIONS[key]) {
      rate(id, { decision: DECISIONS[key] });
      if (key !== "k") (bar ? bar.elements.reason : row.querySelector("input")).focus(); // these want a reason
    } else if (id && key === "u") rate(id, { decision: "", reason: "" });
    else if (bar && key === "n") go("next");
    else if (bar && key === "p") go("prev");
    else if (rows.length && (key === "arrowdown" || key === "arrowup")) {
      const step = key === "arrowdown" ? 1 : -1;
      const next = rows[row ? rows.indexOf(row) + step : 0];
      if (!next || (!row && !event.target.closest(".rate-list"))) return;
      next.focus();
    } else return;
    event.preventDefault();
  });
  addEventListener("storage", (event) => { // another window rates, too
    if (event.key !== KEY) return;
    merge(parsed(event.newValue));
    show();
  });
  show();
})();
