"use strict";
// Adds to the page what needs a script: heads that sort their table, words that filter rows, links to rows, weights that
// order isolations, where one is in the contents, a button that copies. The page is whole without.
(() => {
  const said = document.getElementById("said");
  const tables = [...document.querySelectorAll("table.sortable")];

  const made = (name, properties, ...inner) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...inner);
    return element;
  };

  // Sorting: figures by their number, and what has none comes last either way; names by their text.
  const number = (cell) => ("value" in cell.dataset ? parseFloat(cell.dataset.value) : NaN);

  const order = (rows, place, turn) => {
    const numeric = rows.some((row) => "value" in row.cells[place].dataset);
    const compare = (one, other) => {
      if (!numeric) {
        return turn * one.textContent.localeCompare(other.textContent, "en", { numeric: true });
      }
      const [left, right] = [number(one), number(other)];
      if (Number.isNaN(left) || Number.isNaN(right)) {
        return Number.isNaN(left) - Number.isNaN(right);
      }
      return turn * (left - right);
    };
    return [...rows].sort((one, other) => compare(one.cells[place], other.cells[place]));
  };

  const rowsOf = (body) => [...body.rows].filter((row) => !row.classList.contains("group"));

  const sort = (table, head, place) => {
    const ascending = head.getAttribute("aria-sort") !== "ascending";
    for (const other of table.tHead.rows[0].cells) {
      other.setAttribute("aria-sort", "none");
    }
    head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    table.classList.add("sorted");
    for (const body of table.tBodies) {
      body.append(...order(rowsOf(body), place, ascending ? 1 : -1));
    }
    said.textContent = `${table.caption.textContent}: sorted by ${head.textContent}, ${head.getAttribute("aria-sort")}`;
  };

  for (const table of tables) {
    [...table.tHead.rows[0].cells].forEach((head, place) => {
      const button = made("button", { type: "button" }, ...head.childNodes);
      button.addEventListener("click", () => sort(table, head, place));
      head.replaceChildren(button);
      head.setAttribute("aria-sort", "none");
    });
  }

  // Filtering: a row stays that has every word, in itself or in its group's heading. A word that no row has, and the head
  // of a figure has, chooses columns instead: where isolations stand side by side.
  const lower = (element) => element.textContent.toLowerCase();
  const everywhere = made("input", { type: "search" });
  const own = new Map();

  const filter = (table) => {
    const asked = `${everywhere.value} ${own.get(table)?.value ?? ""}`.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = [...table.tBodies].flatMap((body) => {
      const group = body.querySelector(".group");
      return rowsOf(body).map((row) => ({ row, text: lower(row) + (group ? ` ${lower(group)}` : "") }));
    });
    const heads = [...table.tHead.rows[0].cells];
    const inRows = (word) => rows.some(({ text }) => text.includes(word));
    const inHead = (head, word) => head.classList.contains("figure") && lower(head).includes(word);
    const columns = asked.filter((word) => !inRows(word) && heads.some((head) => inHead(head, word)));
    const words = asked.filter((word) => !columns.includes(word));
    for (const { row, text } of rows) {
      row.hidden = !words.every((word) => text.includes(word));
    }
    heads.forEach((head, place) => {
      const away = columns.length > 0 && head.classList.contains("figure") && !columns.some((word) => inHead(head, word));
      for (const line of [table.tHead.rows[0], ...rows.map(({ row }) => row)]) {
        line.cells[place].hidden = away;
      }
    });
    for (const body of table.tBodies) {
      body.hidden = rowsOf(body).every((row) => row.hidden);
    }
    const left = rows.filter(({ row }) => !row.hidden).length;
    const region = table.closest(".scroll");
    region.nextElementSibling?.matches(".none") && region.nextElementSibling.remove();
    if (rows.length && !left) {
      region.after(made("p", { className: "none", textContent: `No row has “${words.join(" ")}”.` }));
    }
    return [left, rows.length];
  };

  const filtered = (which) => {
    const counts = which.map(filter);
    const [left, all] = [0, 1].map((place) => counts.reduce((sum, one) => sum + one[place], 0));
    said.textContent = `${left} of ${all} rows shown`;
  };

  everywhere.addEventListener("input", () => filtered(tables));
  everywhere.setAttribute("aria-label", "Filter the rows of every table");
  everywhere.placeholder = "docker, p95 …";
  document.querySelector("nav").prepend(made("label", { className: "filter" }, made("span", { textContent: "Filter every table" }), everywhere));

  const WORTH_FILTERING = 8;
  for (const table of tables.filter((one) => [...one.tBodies].flatMap(rowsOf).length >= WORTH_FILTERING)) {
    const input = made("input", { type: "search", placeholder: "Filter rows" });
    input.setAttribute("aria-label", `Filter: ${table.caption.textContent}`);
    input.addEventListener("input", () => filtered([table]));
    own.set(table, input);
    table.closest(".scroll").before(made("div", { className: "narrow" }, input));
  }

  // Links to rows: one stop of the tabulator for each table, from there with the arrows.
  for (const table of tables) {
    const links = [];
    for (const row of [...table.tBodies].flatMap(rowsOf)) {
      const link = made("a", { className: "link", href: `#${row.id}`, tabIndex: links.length ? -1 : 0 });
      link.setAttribute("aria-label", `Link to ${row.cells[0].textContent}`);
      row.cells[0].append(link);
      links.push(link);
    }
    table.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const shown = [...table.querySelectorAll("tbody tr:not([hidden]) .link")];
      const next = step && shown[shown.indexOf(event.target) + step];
      if (next && shown.includes(event.target)) {
        event.preventDefault();
        event.target.tabIndex = -1;
        next.tabIndex = 0;
        next.focus();
      }
    });
  }

  // Weights that can be moved: the order is made anew, and how often each place is taken, of the resamples that are here.
  const share = (of) => {
    const percent = of > 0 && of < 1 ? Math.min(Math.max(of * 100, 0.5), 99.5) : of * 100;
    return `${Number(percent.toPrecision(3))} %`;
  };
  const byNumber = (one, other) => one - other;

  const weigh = (place) => {
    const { criteria, isolations, costs, draws } = JSON.parse(place.dataset.weighing);
    const [first, table] = [place.querySelector(".first"), place.querySelector("table")];
    const rows = rowsOf(table.tBodies[0]);
    const inputs = criteria.map(({ word, weight }) => {
      const input = made("input", { type: "range", min: 0, max: Math.max(10, weight), step: 0.5, value: weight });
      input.setAttribute("aria-label", `Weight of ${word}`);
      return input;
    });
    const shown = criteria.map(() => made("output", {}));

    const rank = () => {
      const heavy = inputs.map((input) => input.valueAsNumber);
      const whole = heavy.reduce((sum, weight) => sum + weight, 0);
      heavy.forEach((weight, at) => (shown[at].value = weight));
      if (!whole) {
        first.textContent = said.textContent = "Weights of nought alone order nothing.";
        return;
      }
      const cost = costs.map((own) => own.reduce((sum, log, at) => sum + log * heavy[at], 0) / whole);
      const often = isolations.map(() => isolations.map(() => 0));
      for (const draw of draws) {
        const drawn = cost.map((mean, at) =>
          heavy.reduce((sum, weight, of) => sum + (draw[at * heavy.length + of] / 1000 / whole) * weight, mean));
        const order = [...drawn].sort(byNumber);
        drawn.forEach((one, at) => (often[at][order.indexOf(one)] += 1 / draws.length));
      }
      const order = isolations.map((_, at) => at).sort((one, other) => cost[one] - cost[other]);
      order.forEach((at, turn) => {
        const [, places, times] = rows[at].cells;
        const known = [...often[at].entries()].filter(([, of]) => of > 0).sort(([, one], [, other]) => other - one);
        places.textContent = known.map(([turned, of]) => `${turned + 1}: ${share(of)}`).join(", ");
        const many = Math.exp(cost[at] - cost[order[0]]);
        times.textContent = turn ? `${Number(many.toPrecision(3))}x` : "1";
        [places.dataset.value, times.dataset.value] = [turn + 1, many];
        table.tBodies[0].append(rows[at]);
      });
      const sure = share(often[order[0]][0]);
      first.textContent = said.textContent = `${isolations[order[0]]} comes first, in ${sure} of ${draws.length} resamples.`;
    };

    const labels = inputs.map((input, at) =>
      made("label", {}, made("span", { textContent: `${criteria[at].word} ` }), input, shown[at]));
    inputs.forEach((input, at) => {
      shown[at].value = input.valueAsNumber;
      input.addEventListener("input", rank);
    });
    const group = made("fieldset", { className: "weights" }, made("legend", { textContent: "Your weights" }), ...labels);
    place.prepend(group);
  };
  document.querySelectorAll("[data-weighing]").forEach(weigh);

  // What a link leads to is shown, folded and filtered or not.
  const show = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const folded = target?.closest("details");
    if (folded) {
      folded.open = true;
    }
    if (target?.closest("[hidden]")) {
      for (const input of [everywhere, ...own.values()]) {
        input.value = "";
      }
      filtered(tables);
    }
    if (folded || target?.matches("tr")) {
      target.scrollIntoView({ block: "center" });
    }
  };
  addEventListener("hashchange", show);
  show();

  // Where one is, in the contents.
  const entries = [...document.querySelectorAll("nav a")].map((link) => [link, document.getElementById(link.hash.slice(1))]);
  const here = () => {
    const passed = entries.filter(([, target]) => target.getBoundingClientRect().top < innerHeight / 3);
    const [current] = passed.at(-1) ?? entries[0] ?? [];
    for (const [link] of entries) {
      link === current ? link.setAttribute("aria-current", "location") : link.removeAttribute("aria-current");
    }
  };
  addEventListener("scroll", here, { passive: true });
  here();

  for (const block of document.querySelectorAll("pre.copyable")) {
    const button = made("button", { type: "button", className: "copy", textContent: "Copy" });
    button.addEventListener("click", async () => {
      getSelection().selectAllChildren(block);
      try {
        await navigator.clipboard.writeText(block.textContent);
        said.textContent = button.textContent = "Copied";
      } catch {
        said.textContent = button.textContent = "Selected: copy it with the keyboard";
      }
    });
    block.after(button);
  }
})();
