"use strict";
// Adds to the page what needs a script: heads that sort their table, a button that copies. The page is whole without.
(() => {
  const said = document.getElementById("said");

  const number = (cell) => ("value" in cell.dataset ? parseFloat(cell.dataset.value) : NaN);

  // Figures by their number, and what has none comes last either way; names by their text.
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

  const sort = (table, head, place) => {
    const ascending = head.getAttribute("aria-sort") !== "ascending";
    for (const other of table.tHead.rows[0].cells) {
      other.setAttribute("aria-sort", "none");
    }
    head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    table.classList.add("sorted");
    for (const body of table.tBodies) {
      const rows = [...body.rows].filter((row) => !row.classList.contains("group"));
      body.append(...order(rows, place, ascending ? 1 : -1));
    }
    said.textContent = `${table.caption.textContent}: sorted by ${head.textContent}, ${head.getAttribute("aria-sort")}`;
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((head, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      button.addEventListener("click", () => sort(table, head, place));
      head.replaceChildren(button);
      head.setAttribute("aria-sort", "none");
    });
  }

  for (const block of document.querySelectorAll("pre.copyable")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
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
