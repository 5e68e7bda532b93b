"use strict";
// Filters and sorting for tables marked data-filterable. Without this script every row and column is shown.
(() => {
  const textOf = (cell) => cell.firstChild ? cell.firstChild.textContent.trim() : "";
  const numberOf = (text) => {
    const value = parseFloat(text.replace("\u2212", "-").replace("< ", "").replaceAll(",", ""));
    return Number.isNaN(value) ? null : value;
  };
  const make = (tag, attributes = {}, text = "") => {
    const element = Object.assign(document.createElement(tag), attributes);
    if (text) element.textContent = text;
    return element;
  };

  for (const table of document.querySelectorAll("table[data-filterable]")) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    const bar = make("div", { className: "filters" });
    const choices = [];

    heads.forEach((head, index) => {
      if (head.dataset.choose === undefined) return;
      const values = [...new Set(rows.map((row) => textOf(row.cells[index])))];
      if (values.length < 2) return;
      const select = make("select");
      select.append(make("option", { value: "" }, "all"));
      for (const value of values) select.append(make("option", { value }, value));
      const label = make("label", {}, head.textContent);
      label.append(select);
      bar.append(label);
      choices.push([index, select]);
    });

    const search = make("input", { type: "search" });
    const searchLabel = make("label", {}, "Text");
    searchLabel.append(search);
    bar.append(searchLabel);

    if (heads.some((head) => head.classList.contains("extra"))) {
      const tick = make("input", { type: "checkbox" });
      const label = make("label", { className: "tick" });
      label.append(tick, "all metrics");
      bar.append(label);
      table.classList.add("main-only");
      tick.addEventListener("change", () => table.classList.toggle("main-only", !tick.checked));
    }

    const shown = make("output");
    shown.setAttribute("aria-live", "polite");
    bar.append(shown);

    const apply = () => {
      const wanted = search.value.trim().toLowerCase();
      let number = 0;
      for (const row of rows) {
        const fits = choices.every(([index, select]) => !select.value || textOf(row.cells[index]) === select.value)
          && (!wanted || row.textContent.toLowerCase().includes(wanted));
        row.hidden = !fits;
        number += fits;
      }
      shown.textContent = `${number} of ${rows.length} rows`;
    };
    bar.addEventListener("input", apply);
    table.parentElement.before(bar);
    apply();

    heads.forEach((head, index) => {
      const button = make("button", { type: "button" }, head.textContent);
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const numeric = head.classList.contains("number");
        const key = (row) => {
          const text = textOf(row.cells[index]);
          return numeric ? numberOf(text) : text;
        };
        rows.sort((a, b) => {
          const [x, y] = [key(a), key(b)];
          if (x === null || y === null) return (x === null) - (y === null); // what is not estimable comes last
          const order = numeric ? x - y : x.localeCompare(y);
          return down ? -order : order;
        });
        body.append(...rows);
      });
    });
  }

  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
})();
